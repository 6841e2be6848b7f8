"""What can be asked of a lobby."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.ids import GameId, InviteCode
from clouds_edges.rules import MIN_SEATS, Board


@dataclass(frozen=True, slots=True)
class OpenGame:
    """Open a game and take a seat in it.

    `bots` take seats at once; so do `neighbours`, the names of people who play at the same
    keyboard. When that fills the seats, the game begins.
    """

    board: Board
    seats: int = MIN_SEATS
    private: bool = False
    bots: tuple[BotLevel, ...] = ()
    neighbours: tuple[str, ...] = ()
    clock: Clock | None = None
    kind: Literal["open_game"] = "open_game"


@dataclass(frozen=True, slots=True)
class JoinGame:
    """Take a seat in an open game that is not private."""

    game: GameId
    kind: Literal["join_game"] = "join_game"


@dataclass(frozen=True, slots=True)
class AcceptInvite:
    """Take a seat in the open game that has this invite code."""

    invite: InviteCode
    kind: Literal["accept_invite"] = "accept_invite"


@dataclass(frozen=True, slots=True)
class LeaveGame:
    """Give a seat back before the game begins."""

    game: GameId
    kind: Literal["leave_game"] = "leave_game"


@dataclass(frozen=True, slots=True)
class CancelGame:
    """Take an open game back; only who opened it may."""

    game: GameId
    kind: Literal["cancel_game"] = "cancel_game"


@dataclass(frozen=True, slots=True)
class CloseGame:
    """Forget a game that has ended."""

    game: GameId
    kind: Literal["close_game"] = "close_game"


@dataclass(frozen=True, slots=True)
class ExpireGame:
    """Take away a game that has been open for too long."""

    game: GameId
    kind: Literal["expire_game"] = "expire_game"


PublicCommand: TypeAlias = OpenGame | JoinGame | AcceptInvite | LeaveGame | CancelGame
"""What a player may send."""
Command: TypeAlias = PublicCommand | CloseGame | ExpireGame
