"""A game at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from clouds_edges.domain.actors import Player, Seat
from clouds_edges.rules import Line, Outcome, Position


@dataclass(frozen=True, slots=True)
class Game:
    """A game that has begun; `outcome` is None while it goes on."""

    seats: tuple[Seat, ...]
    private: bool
    position: Position
    last_line: Line | None = None
    outcome: Outcome | None = None

    @property
    def to_draw(self) -> Player:
        """Whose turn it is; after the end, who drew last."""
        return self.seats[self.position.seat_to_draw].player

    def seats_of(self, player: str) -> tuple[int, ...]:
        """The seats of a player: none for spectators, several when people share a keyboard."""
        return tuple(number for number, seat in enumerate(self.seats) if seat.player.id == player)
