"""What can happen in a game."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from clouds_edges.domain.actors import Seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.line_text import LineText
from clouds_edges.rules import Board, Outcome


@dataclass(frozen=True, slots=True)
class GameStarted:
    """Everybody is seated, under the names of this moment; seat `first` draws first."""

    board: Board
    private: bool
    seats: tuple[Seat, ...]
    first: int
    clock: Clock | None = None
    kind: Literal["game_started"] = "game_started"


@dataclass(frozen=True, slots=True)
class LineDrawn:
    """A line was drawn; which boxes it closed follows from the rules."""

    seat: int
    line: LineText
    kind: Literal["line_drawn"] = "line_drawn"


@dataclass(frozen=True, slots=True)
class PlayerResigned:
    """A seat gave up; with more than two players the others play on."""

    seat: int
    kind: Literal["player_resigned"] = "player_resigned"


@dataclass(frozen=True, slots=True)
class GameEnded:
    """Nothing more is accepted."""

    outcome: Outcome
    kind: Literal["game_ended"] = "game_ended"


@dataclass(frozen=True, slots=True)
class ClockStarted:
    """From now on who is to draw pays with their time."""

    at: datetime
    kind: Literal["clock_started"] = "clock_started"


@dataclass(frozen=True, slots=True)
class ClockPressed:
    """A seat drew or left the game, and has so much time left; who is to draw now pays."""

    seat: int
    left: timedelta
    at: datetime
    kind: Literal["clock_pressed"] = "clock_pressed"


@dataclass(frozen=True, slots=True)
class ClockStood:
    """The server was away: nobody pays for this time, nor had to come back in it."""

    since: datetime
    until: datetime
    kind: Literal["clock_stood"] = "clock_stood"


@dataclass(frozen=True, slots=True)
class TimeRanOut:
    """A seat has no time left and is out; with more than two players the others play on."""

    seat: int
    kind: Literal["time_ran_out"] = "time_ran_out"


@dataclass(frozen=True, slots=True)
class PlayerVanished:
    """Who sits here is gone, and may come back until then before the others may claim."""

    seat: int
    at: datetime
    until: datetime
    kind: Literal["player_vanished"] = "player_vanished"


@dataclass(frozen=True, slots=True)
class PlayerReturned:
    """Who sits here is back."""

    seat: int
    kind: Literal["player_returned"] = "player_returned"


@dataclass(frozen=True, slots=True)
class GraceEnded:
    """Who vanished from this seat did not come back in time: the others may claim."""

    seat: int
    kind: Literal["grace_ended"] = "grace_ended"


@dataclass(frozen=True, slots=True)
class GameClaimed:
    """The player in `seat` has done with waiting: those who vanished are out."""

    seat: int
    vanished: tuple[int, ...]
    kind: Literal["game_claimed"] = "game_claimed"


@dataclass(frozen=True, slots=True)
class DrawOffered:
    """A seat offers a draw, until the next line; `offer` counts within the game, from 1."""

    seat: int
    offer: int
    kind: Literal["draw_offered"] = "draw_offered"


@dataclass(frozen=True, slots=True)
class DrawAccepted:
    """A seat agrees to a draw."""

    seat: int
    offer: int
    kind: Literal["draw_accepted"] = "draw_accepted"


@dataclass(frozen=True, slots=True)
class DrawDeclined:
    """A seat does not agree to a draw, and the offer stands no more."""

    seat: int
    offer: int
    kind: Literal["draw_declined"] = "draw_declined"


ClockEvent: TypeAlias = ClockStarted | ClockPressed | ClockStood
AbsenceEvent: TypeAlias = PlayerVanished | PlayerReturned | GraceEnded | GameClaimed
OfferEvent: TypeAlias = DrawOffered | DrawAccepted | DrawDeclined

Later: TypeAlias = (
    LineDrawn | PlayerResigned | TimeRanOut | GameEnded | ClockEvent | AbsenceEvent | OfferEvent
)
"""What happens to a game that has begun."""
Event: TypeAlias = GameStarted | Later
