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


class ClockImpossible(Refused):
    """A clock that gives no time, or that never runs out."""

    code = "clock_impossible"


class OutOfTime(Refused):
    """The line comes after the player's time."""

    code = "out_of_time"


class NobodyVanished(Refused):
    """Everybody else is there, or has time left to come back."""

    code = "nobody_vanished"


class NoSuchOffer(Refused):
    """This offer of a draw does not stand, or not any more."""

    code = "no_such_offer"


class OwnOffer(Refused):
    """The others answer an offer."""

    code = "own_offer"


class OfferStands(Refused):
    """There is an offer of a draw already."""

    code = "offer_stands"


class OfferedAlready(Refused):
    """One offer of a draw from line to line is enough."""

    code = "offered_already"


class BotsPlayOn(Refused):
    """Bots do not agree to a draw."""

    code = "bots_play_on"
