"""A game at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clouds_edges.domain.actors import Player, Seat
from clouds_edges.domain.game.clock import Clock, Clocks
from clouds_edges.rules import Ending, Line, Outcome, Position


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody has vanished from a seat; once their grace has ended, the others may claim."""

    since: datetime
    until: datetime
    has_grace: bool = True


@dataclass(frozen=True, slots=True)
class Offer:
    """A draw that a seat offers, and the seats that agree to it so far."""

    id: int
    seat: int
    agreed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Game:
    """A game that has begun; `outcome` is None while it goes on.

    `clocks` is None in a game without a clock; `departures` tell why seats have left;
    `offered` are the seats that have offered a draw since the last line.
    """

    seats: tuple[Seat, ...]
    private: bool
    position: Position
    last_line: Line | None = None
    outcome: Outcome | None = None
    clock: Clock | None = None
    clocks: Clocks | None = None
    departures: Mapping[int, Ending] = field(default_factory=dict)
    absences: Mapping[int, Absence] = field(default_factory=dict)
    offer: Offer | None = None
    offers: int = 0
    offered: frozenset[int] = frozenset()

    @property
    def to_draw(self) -> Player:
        """Whose turn it is; after the end, who drew last."""
        return self.seats[self.position.seat_to_draw].player

    @property
    def runs_out(self) -> datetime | None:
        """When who is to draw has no time left; None without a clock, and after the end."""
        if self.clocks is None or self.outcome is not None:
            return None
        return self.clocks.runs_out(self.position.seat_to_draw)

    @property
    def graces(self) -> Mapping[int, datetime]:
        """Until when those who vanished may come back, by seat; none after the end."""
        if self.outcome is not None:
            return {}
        return {
            seat: absence.until
            for seat, absence in self.absences.items()
            if absence.has_grace and seat not in self.position.withdrawn
        }

    @property
    def in_play(self) -> tuple[int, ...]:
        """The seats that have not left the game."""
        return tuple(seat for seat in range(len(self.seats)) if seat not in self.position.withdrawn)

    def seats_of(self, player: str) -> tuple[int, ...]:
        """The seats of a player: none for spectators, several when people share a keyboard."""
        return tuple(number for number, seat in enumerate(self.seats) if seat.player.id == player)

    def claimable_by(self, player: str) -> tuple[int, ...]:
        """The seats in play whose people had the time to come back, and are not this player."""
        own = self.seats_of(player)
        return tuple(
            seat
            for seat, absence in sorted(self.absences.items())
            if not absence.has_grace and seat not in {*own, *self.position.withdrawn}
        )
