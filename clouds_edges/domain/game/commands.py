"""What can be asked of a game."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clouds_edges.domain.actors import Seat
from clouds_edges.domain.line_text import LineText
from clouds_edges.rules import Board


@dataclass(frozen=True, slots=True)
class StartGame:
    """Begin, with everybody in their seats."""

    board: Board
    private: bool
    seats: tuple[Seat, ...]
    first: int
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


PublicCommand: TypeAlias = DrawLine | Resign
"""What a player may send."""
Command: TypeAlias = PublicCommand | StartGame
