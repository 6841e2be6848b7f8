"""Where lines lie on a canvas of cells, and which line is next to which; knows no Textual.

A box is 4 cells wide and 2 high. Dots sit at multiples of both; a horizontal line fills the three
cells between two dots, a vertical one the single cell between two dots. Cells are counted from the
top left dot, x to the right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from clouds_edges.rules import Board, Box, Direction, Dot, Line, Position

PITCH_X: Final = 4
PITCH_Y: Final = 2


@dataclass(frozen=True, slots=True)
class Cells:
    """A rectangle of cells of the canvas."""

    x: int
    y: int
    width: int
    height: int


class Move(Enum):
    """A step of the cursor."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


def canvas_size(board: Board) -> tuple[int, int]:
    """The width and height of the canvas in cells."""
    return PITCH_X * board.cols + 1, PITCH_Y * board.rows + 1


def region_of(line: Line) -> Cells:
    """The cells of a line, without its dots."""
    x, y = PITCH_X * line.dot.column, PITCH_Y * line.dot.row
    if line.direction is Direction.HORIZONTAL:
        return Cells(x + 1, y, PITCH_X - 1, 1)
    return Cells(x, y + 1, 1, PITCH_Y - 1)


def region_of_box(box: Box) -> Cells:
    """The cells inside a box."""
    return Cells(PITCH_X * box.column + 1, PITCH_Y * box.row + 1, PITCH_X - 1, PITCH_Y - 1)


def line_at(board: Board, x: int, y: int) -> Line | None:
    """The line nearest to a cell.

    A vertical line is also meant by the cells to its left and right. A dot and the middle of a
    box mean none: no line is nearer than the others.
    """
    row, is_between_rows = divmod(y, PITCH_Y)
    if is_between_rows:
        column, beside = divmod(x + 1, PITCH_X)
        is_nearest = beside < PITCH_X - 1
        line = Line(Dot(column, row), Direction.VERTICAL)
    else:
        column, beside = divmod(x, PITCH_X)
        is_nearest = beside > 0
        line = Line(Dot(column, row), Direction.HORIZONTAL)
    return line if is_nearest and line in board else None


def middle_line(board: Board) -> Line:
    """Where a cursor begins: in the middle, so that no line is far."""
    return Line(Dot((board.cols - 1) // 2, board.rows // 2), Direction.HORIZONTAL)


def moved(board: Board, line: Line, move: Move) -> Line:
    """The line one step away, or the same at the rim.

    Lines form rows: the horizontal ones of a row of dots, then the vertical ones below it. Left and
    right stay in such a row, up and down go to the row beside it and keep the column; so a step
    down and a step up again lead back, and every line can be reached.
    """
    to = _step(board, line, move)
    return to if to in board else line


def next_free_line(position: Position, line: Line) -> Line:
    """The free line after this one, as one reads: to the right, then down, then from the top.

    The same line when no other is free.
    """
    free = sorted(position.free_lines, key=_reading_order)
    behind = (other for other in free if _reading_order(other) > _reading_order(line))
    return next(behind, free[0] if free else line)


def previous_free_line(position: Position, line: Line) -> Line:
    """The free line before this one; undoes `next_free_line`."""
    free = sorted(position.free_lines, key=_reading_order, reverse=True)
    before = (other for other in free if _reading_order(other) < _reading_order(line))
    return next(before, free[0] if free else line)


def _reading_order(line: Line) -> tuple[int, int]:
    cells = region_of(line)
    return cells.y, cells.x


def _step(board: Board, line: Line, move: Move) -> Line:
    column, row = line.dot.column, line.dot.row
    match move:
        case Move.LEFT:
            return Line(Dot(column - 1, row), line.direction)
        case Move.RIGHT:
            return Line(Dot(column + 1, row), line.direction)
        case Move.UP if line.direction is Direction.HORIZONTAL:
            return Line(Dot(column, row - 1), Direction.VERTICAL)
        case Move.DOWN if line.direction is Direction.HORIZONTAL:
            return Line(Dot(column, row), Direction.VERTICAL)
        case Move.UP | Move.DOWN:
            nearest = min(column, board.cols - 1)
            return Line(Dot(nearest, row + (move is Move.DOWN)), Direction.HORIZONTAL)
