"""A lobby at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from clouds_edges.domain.actors import Player, Seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.ids import GameId, InviteCode, PlayerId
from clouds_edges.rules import Board


@dataclass(frozen=True, slots=True)
class Table:
    """A game as the lobby sees it: waiting for players, or in play (`is_playing`)."""

    game: GameId
    board: Board
    seats: int
    private: bool
    invite: InviteCode | None
    taken: tuple[Seat, ...]
    is_playing: bool = False
    clock: Clock | None = None

    @property
    def opener(self) -> Player:
        """Who opened the game, and may cancel it."""
        return self.taken[0].player

    @property
    def is_full(self) -> bool:
        """Whether every seat is taken."""
        return len(self.taken) == self.seats

    def seats_player(self, player: PlayerId) -> bool:
        """Whether this player has a seat."""
        return any(seat.player.id == player for seat in self.taken)


@dataclass(frozen=True, slots=True)
class Lobby:
    """Every game that is open or in play, in the order in which they were opened."""

    tables: Mapping[GameId, Table] = field(default_factory=dict)

    def tables_of(self, player: PlayerId) -> tuple[Table, ...]:
        """The games, open or in play, in which this player has a seat."""
        return tuple(table for table in self.tables.values() if table.seats_player(player))
