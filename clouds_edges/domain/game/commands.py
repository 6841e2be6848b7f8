"""What can be asked of a game."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from clouds_edges.domain.actors import Seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.line_text import LineText
from clouds_edges.rules import Board


@dataclass(frozen=True, slots=True)
class StartGame:
    """Begin, with everybody in their seats; the clock runs at once, if there is one."""

    board: Board
    private: bool
    seats: tuple[Seat, ...]
    first: int
    clock: Clock | None = None
    kind: Literal["start_game"] = "start_game"


@dataclass(frozen=True, slots=True)
class DrawLine:
    """Draw one free line."""

    line: LineText
    kind: Literal["draw_line"] = "draw_line"


@dataclass(frozen=True, slots=True)
class Resign:
    """Give up one's seat; with two players, the other wins."""

    kind: Literal["resign"] = "resign"


@dataclass(frozen=True, slots=True)
class OfferDraw:
    """Ask the others to share the first place; the offer stands until the next line."""

    kind: Literal["offer_draw"] = "offer_draw"


@dataclass(frozen=True, slots=True)
class AcceptDraw:
    """Agree to the offer with this number; once everybody has, the game ends."""

    offer: int
    kind: Literal["accept_draw"] = "accept_draw"


@dataclass(frozen=True, slots=True)
class DeclineDraw:
    """Play on in spite of the offer with this number."""

    offer: int
    kind: Literal["decline_draw"] = "decline_draw"


@dataclass(frozen=True, slots=True)
class ClaimGame:
    """Go on, or win, without those who vanished and did not come back in time."""

    kind: Literal["claim_game"] = "claim_game"


@dataclass(frozen=True, slots=True)
class CallTime:
    """Look at the clock: if who is to draw has no time left, they lose."""

    kind: Literal["call_time"] = "call_time"


@dataclass(frozen=True, slots=True)
class StandClock:
    """Charge nobody for this time, in which no line could be drawn."""

    since: datetime
    until: datetime
    kind: Literal["stand_clock"] = "stand_clock"


@dataclass(frozen=True, slots=True)
class NoteAbsence:
    """A player is gone, and has `grace` to come back."""

    player: PlayerId
    grace: timedelta
    kind: Literal["note_absence"] = "note_absence"


@dataclass(frozen=True, slots=True)
class NoteReturn:
    """A player who was gone is here again."""

    player: PlayerId
    kind: Literal["note_return"] = "note_return"


@dataclass(frozen=True, slots=True)
class EndGrace:
    """Let the others claim the game, if who vanished from this seat had the time to come back."""

    seat: int
    kind: Literal["end_grace"] = "end_grace"


OfferCommand: TypeAlias = OfferDraw | AcceptDraw | DeclineDraw
AbsenceCommand: TypeAlias = NoteAbsence | NoteReturn | EndGrace | ClaimGame
ClockCommand: TypeAlias = CallTime | StandClock

PublicCommand: TypeAlias = DrawLine | Resign | OfferCommand | ClaimGame
"""What a player may send."""
Command: TypeAlias = PublicCommand | StartGame | ClockCommand | AbsenceCommand
