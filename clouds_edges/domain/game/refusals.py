"""Why a game says no."""

from __future__ import annotations

from clouds_edges.eventsourcing.decider import Refused


class NoSuchGame(Refused):
    """No game with this id has begun."""

    code = "no_such_game"


class AlreadyStarted(Refused):
    """A game begins once."""

    code = "already_started"


class AlreadyOver(Refused):
    """A finished game accepts nothing."""

    code = "already_over"


class NotSeated(Refused):
    """Spectators do not draw."""

    code = "not_seated"


class NotYourTurn(Refused):
    """Somebody else is to draw."""

    code = "not_your_turn"


class LineOffBoard(Refused):
    """The line does not lie on the board."""

    code = "line_off_board"


class LineTaken(Refused):
    """The line is drawn already."""

    code = "line_taken"
