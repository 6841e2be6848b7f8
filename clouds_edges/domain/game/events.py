"""What can happen in a game."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clouds_edges.domain.actors import Seat
from clouds_edges.domain.line_text import LineText
from clouds_edges.rules import Board, Outcome


@dataclass(frozen=True, slots=True)
class GameStarted:
    """Everybody is seated, under the names of this moment; seat `first` draws first."""

    board: Board
    private: bool
    seats: tuple[Seat, ...]
    first: int
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


Event: TypeAlias = GameStarted | LineDrawn | PlayerResigned | GameEnded
