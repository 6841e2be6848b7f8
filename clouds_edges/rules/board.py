"""The geometry of a board: dots, lines and boxes, and which lies beside which.

Columns count from the left and rows from the top, both from 0. A board of rows x cols boxes
has (rows + 1) x (cols + 1) dots. Inside, lines and boxes are bits of an integer, so that a
position is a handful of masks; outside, they are values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from clouds_edges.rules.errors import ImpossibleBoard, LineOffBoard

LARGEST_SIDE: Final = 20


class Direction(StrEnum):
    """Where a line goes from its top or left dot."""

    HORIZONTAL = "h"
    VERTICAL = "v"


@dataclass(frozen=True, slots=True, order=True)
class Dot:
    """A dot; (0, 0) is the top left one."""

    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Line:
    """An edge between two neighbouring dots, named by its left or top dot."""

    dot: Dot
    direction: Direction

    @property
    def ends(self) -> tuple[Dot, Dot]:
        """Both dots, the left or top one first."""
        if self.direction is Direction.HORIZONTAL:
            return self.dot, Dot(self.dot.column + 1, self.dot.row)
        return self.dot, Dot(self.dot.column, self.dot.row + 1)

    def __str__(self) -> str:
        """The canonical notation, such as `b3h`."""
        return f"{chr(ord('a') + self.dot.column)}{self.dot.row + 1}{self.direction}"


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A box, named by its top left dot."""

    column: int
    row: int

    @property
    def lines(self) -> tuple[Line, Line, Line, Line]:
        """The lines around the box: top, left, bottom, right."""
        top_left = Dot(self.column, self.row)
        return (
            Line(top_left, Direction.HORIZONTAL),
            Line(top_left, Direction.VERTICAL),
            Line(Dot(self.column, self.row + 1), Direction.HORIZONTAL),
            Line(Dot(self.column + 1, self.row), Direction.VERTICAL),
        )


@dataclass(frozen=True, slots=True)
class Board:
    """A board of rows x cols boxes, each from 1 to 20.

    Raises:
        ImpossibleBoard: A side is outside 1 to 20.
    """

    rows: int
    cols: int

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= LARGEST_SIDE and 1 <= self.cols <= LARGEST_SIDE):
            raise ImpossibleBoard(self.rows, self.cols, LARGEST_SIDE)

    @property
    def line_count(self) -> int:
        """How many lines the board has, drawn or not."""
        return self.rows * (self.cols + 1) + self.cols * (self.rows + 1)

    @property
    def box_count(self) -> int:
        """How many boxes the board has."""
        return self.rows * self.cols

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every line: the horizontal ones row by row, then the vertical ones row by row."""
        return self.geometry.lines

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Every box, row by row."""
        return self.geometry.boxes

    def boxes_beside(self, line: Line) -> tuple[Box, ...]:
        """The one or two boxes that have the line as a side.

        Raises:
            LineOffBoard: The line does not lie on this board.
        """
        return self.geometry.boxes_beside[self.index_of(line)]

    def index_of(self, line: Line) -> int:
        """The place of a line in `lines`, and so its bit in a mask.

        Raises:
            LineOffBoard: The line does not lie on this board.
        """
        column, row = line.dot.column, line.dot.row
        if line.direction is Direction.HORIZONTAL:
            if 0 <= column < self.cols and 0 <= row <= self.rows:
                return row * self.cols + column
        elif 0 <= column <= self.cols and 0 <= row < self.rows:
            return (self.rows + 1) * self.cols + row * (self.cols + 1) + column
        raise LineOffBoard(line, self)

    def index_of_box(self, box: Box) -> int:
        """The place of a box in `boxes`, and so its bit in a mask."""
        return box.row * self.cols + box.column

    @property
    def geometry(self) -> Geometry:
        """The tables of this size; computed once a size."""
        return _geometry(self.rows, self.cols)

    def __contains__(self, line: Line) -> bool:
        """Whether the line lies on this board."""
        try:
            self.index_of(line)
        except LineOffBoard:
            return False
        return True

    def __str__(self) -> str:
        """The size as `rows x cols`; say "boxes" behind it."""
        return f"{self.rows}x{self.cols}"


@dataclass(frozen=True, slots=True)
class Geometry:
    """What can be known of a size before the first line; tuples run by index.

    `around[line]` pairs, for each box beside that line, the box's bit with the mask of the four
    lines around it.
    """

    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]
    boxes_beside: tuple[tuple[Box, ...], ...]
    around: tuple[tuple[tuple[int, int], ...], ...]
    all_lines: int


@cache
def _geometry(rows: int, cols: int) -> Geometry:
    board = Board(rows, cols)
    lines = (
        *(
            Line(Dot(column, row), Direction.HORIZONTAL)
            for row in range(rows + 1)
            for column in range(cols)
        ),
        *(
            Line(Dot(column, row), Direction.VERTICAL)
            for row in range(rows)
            for column in range(cols + 1)
        ),
    )
    boxes = tuple(Box(column, row) for row in range(rows) for column in range(cols))
    beside: list[list[Box]] = [[] for _ in lines]
    for box in boxes:
        for line in box.lines:
            beside[board.index_of(line)].append(box)
    masks = {box: sum(1 << board.index_of(line) for line in box.lines) for box in boxes}
    return Geometry(
        lines=lines,
        boxes=boxes,
        boxes_beside=tuple(map(tuple, beside)),
        around=tuple(
            tuple((1 << board.index_of_box(box), masks[box]) for box in neighbours)
            for neighbours in beside
        ),
        all_lines=(1 << len(lines)) - 1,
    )
