"""Why a lobby says no."""

from __future__ import annotations

from clouds_edges.eventsourcing.decider import Refused


class UnknownGame(Refused):
    """No open game has this id."""

    code = "unknown_game"


class UnknownInvite(Refused):
    """No open game has this invite code."""

    code = "unknown_invite"


class InviteNeeded(Refused):
    """The game is private."""

    code = "invite_needed"


class AlreadySeated(Refused):
    """One seat a player is enough."""

    code = "already_seated"


class NotInGame(Refused):
    """There is no seat to leave."""

    code = "not_in_game"


class NotTheOpener(Refused):
    """Only who opened a game cancels it."""

    code = "not_the_opener"


class OpenerStays(Refused):
    """Who opened a game cancels it instead of leaving."""

    code = "opener_stays"


class AlreadyPlaying(Refused):
    """The game has begun."""

    code = "already_playing"


class TooManyGames(Refused):
    """A player has as many games going as are allowed."""

    code = "too_many_games"


class SeatsImpossible(Refused):
    """A number of seats, bots and neighbours that a game cannot have."""

    code = "seats_impossible"
