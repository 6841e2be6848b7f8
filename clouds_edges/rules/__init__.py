"""The rules of Dots and Boxes: pure, standard library only."""

from clouds_edges.rules.board import Board, Box, Direction, Dot, Line
from clouds_edges.rules.errors import (
    GameIsOver,
    IllegalLine,
    ImpossibleBoard,
    ImpossiblePosition,
    ImpossibleSeats,
    LineOffBoard,
    LineTaken,
    MalformedBoard,
    MalformedLine,
    MalformedPosition,
    RulesError,
)
from clouds_edges.rules.notation import (
    NAMED_BOARDS,
    SEAT_LETTERS,
    format_board,
    format_line,
    format_position,
    parse_board,
    parse_line,
    parse_position,
)
from clouds_edges.rules.outcome import Ending, Outcome
from clouds_edges.rules.position import MAX_SEATS, MIN_SEATS, Position

__all__ = [
    "MAX_SEATS",
    "MIN_SEATS",
    "NAMED_BOARDS",
    "SEAT_LETTERS",
    "Board",
    "Box",
    "Direction",
    "Dot",
    "Ending",
    "GameIsOver",
    "IllegalLine",
    "ImpossibleBoard",
    "ImpossiblePosition",
    "ImpossibleSeats",
    "Line",
    "LineOffBoard",
    "LineTaken",
    "MalformedBoard",
    "MalformedLine",
    "MalformedPosition",
    "Outcome",
    "Position",
    "RulesError",
    "format_board",
    "format_line",
    "format_position",
    "parse_board",
    "parse_line",
    "parse_position",
]
