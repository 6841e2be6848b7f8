"""What can happen in a lobby."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clouds_edges.domain.actors import Seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.ids import GameId, InviteCode, PlayerId
from clouds_edges.rules import Board


@dataclass(frozen=True, slots=True)
class GameOpened:
    """A game waits for players; `taken[0]` is the seat of who opened it.

    `invite` is None for a game everybody may join, and where it is shown to those who were not
    invited.
    """

    game: GameId
    board: Board
    seats: int
    private: bool
    invite: InviteCode | None
    taken: tuple[Seat, ...]
    clock: Clock | None = None
    kind: Literal["game_opened"] = "game_opened"


@dataclass(frozen=True, slots=True)
class SeatTaken:
    """Somebody sat down in the next free seat."""

    game: GameId
    seat: Seat
    kind: Literal["seat_taken"] = "seat_taken"


@dataclass(frozen=True, slots=True)
class SeatLeft:
    """Somebody got up again; those behind move up."""

    game: GameId
    player: PlayerId
    kind: Literal["seat_left"] = "seat_left"


@dataclass(frozen=True, slots=True)
class SeatsFilled:
    """The last seat was taken: the game can begin, and seat `first` draws the first line."""

    game: GameId
    board: Board
    private: bool
    taken: tuple[Seat, ...]
    first: int
    clock: Clock | None = None
    kind: Literal["seats_filled"] = "seats_filled"


@dataclass(frozen=True, slots=True)
class GameCancelled:
    """Who opened the game took it back before it began."""

    game: GameId
    kind: Literal["game_cancelled"] = "game_cancelled"


@dataclass(frozen=True, slots=True)
class GameClosed:
    """The game has ended, and its players are free for another."""

    game: GameId
    kind: Literal["game_closed"] = "game_closed"


@dataclass(frozen=True, slots=True)
class GameExpired:
    """The game was open for so long that nobody will come any more."""

    game: GameId
    kind: Literal["game_expired"] = "game_expired"


Event: TypeAlias = (
    GameOpened | SeatTaken | SeatLeft | SeatsFilled | GameCancelled | GameClosed | GameExpired
)
