"""What the rules refuse, and why.

RulesError
├── ImpossibleBoard           a size outside 1x1 to 20x20 boxes
├── ImpossibleSeats           fewer than 2 or more than 4 seats, or a seat that is not there
├── IllegalLine               a line that may not be drawn; names the line and the board
│   ├── LineOffBoard
│   ├── LineTaken
│   └── GameIsOver
└── MalformedNotation         text that is not what it should be
    ├── MalformedLine
    ├── MalformedBoard
    └── MalformedPosition
        └── ImpossiblePosition    well written, but no game leads there
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clouds_edges.rules.board import Board, Line


class RulesError(ValueError):
    """The base of everything the rules refuse."""


class ImpossibleBoard(RulesError):
    """A board that is too small or too large."""

    def __init__(self, rows: int, cols: int, largest: int) -> None:
        super().__init__(
            f"a board of {rows}x{cols} boxes is not possible: "
            f"rows and columns go from 1 to {largest}"
        )
        self.rows = rows
        self.cols = cols


class ImpossibleSeats(RulesError):
    """A number of seats, or a seat, that a game cannot have."""


class IllegalLine(RulesError):
    """A line that may not be drawn."""

    reason = "is not allowed"

    def __init__(self, line: Line, board: Board) -> None:
        super().__init__(f"{line} {self.reason} (the board has {board} boxes)")
        self.line = line
        self.board = board


class LineOffBoard(IllegalLine):
    """The line does not lie on the board."""

    reason = "is not on the board"


class LineTaken(IllegalLine):
    """The line is drawn already."""

    reason = "is already drawn"


class GameIsOver(IllegalLine):
    """Every box is owned, or only one seat is left."""

    reason = "cannot be drawn, the game is over"


class MalformedNotation(RulesError):
    """Text that does not follow the notation."""


class MalformedLine(MalformedNotation):
    """Text that is not a line such as `b3h`."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:20]!r} is not a line: write the column letter and the row number "
            "of its left or top dot, then h (to the right) or v (down), as in 'b3h'"
        )
        self.text = text


class MalformedBoard(MalformedNotation):
    """Text that is not a size such as `5x5 boxes`."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:20]!r} is not a size: write small, medium, large, "
            "or rows x columns of boxes, as in '5x5'"
        )
        self.text = text


class MalformedPosition(MalformedNotation):
    """Text that is not a drawn position; names the line of the text."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(f"line {row} of the position: {reason}")
        self.row = row


class ImpossiblePosition(MalformedPosition):
    """A drawing that contradicts itself, such as an open box with an owner."""
