"""Lines, sizes and positions as text: pairs of parse_x and format_x that undo each other.

A position is drawn with `+` for dots and letters (A to D, by seat) in the boxes owned, and
a last row that says who is in the game:

    +---+---+
    | A |
    +---+   +
    seats AB, B to draw
"""

from __future__ import annotations

import re
from typing import Final

from clouds_edges.rules.board import Board, Box, Direction, Dot, Line
from clouds_edges.rules.errors import (
    ImpossibleBoard,
    ImpossiblePosition,
    MalformedBoard,
    MalformedLine,
    MalformedPosition,
)
from clouds_edges.rules.position import MIN_SEATS, Position

NAMED_BOARDS: Final = {"small": Board(3, 3), "medium": Board(5, 5), "large": Board(7, 7)}
SEAT_LETTERS: Final = "ABCD"
LINE_PATTERN: Final = r"^([a-u])([1-9]|1[0-9]|2[01])([hv])$"

_LINE: Final = re.compile(LINE_PATTERN, re.ASCII)
_BOARD: Final = re.compile(r"(\d{1,3}) ?x ?(\d{1,3})(?: boxes)?", re.ASCII)
_SEATS: Final = re.compile(r"seats (AB(?:C|CD)?), ([A-D]) to draw(?:, ([A-D]+) withdrew)?")
_PITCH: Final = 4


def parse_line(text: str) -> Line:
    """Read a line in its canonical notation, such as `b3h`.

    >>> parse_line("b3h").dot
    Dot(column=1, row=2)

    Raises:
        MalformedLine: The text is anything else.
    """
    match = _LINE.fullmatch(text)
    if match is None:
        raise MalformedLine(text)
    column, row, direction = match.groups()
    return Line(Dot(ord(column) - ord("a"), int(row) - 1), Direction(direction))


def format_line(line: Line) -> str:
    """Write a line as `parse_line` reads it."""
    return str(line)


def parse_board(text: str) -> Board:
    """Read a size: a name (`medium`) or rows x columns of boxes (`5x5`, `5x5 boxes`).

    Raises:
        MalformedBoard: The text is no size.
        ImpossibleBoard: A side is outside 1 to 20.
    """
    wanted = text.strip().lower()
    if wanted in NAMED_BOARDS:
        return NAMED_BOARDS[wanted]
    match = _BOARD.fullmatch(wanted)
    if match is None:
        raise MalformedBoard(text)
    return Board(rows=int(match[1]), cols=int(match[2]))


def format_board(board: Board) -> str:
    """Write a size as `5x5 boxes`."""
    return f"{board} boxes"


def parse_position(text: str) -> Position:
    """Read a position as drawn by `format_position`.

    The last row may be left out: two seats, A to draw. Space at the end of a row counts as drawn.

    Raises:
        MalformedPosition: The drawing is not one of a board.
        ImpossiblePosition: A closed box has no owner, or an open box has one.
    """
    rows = text.strip("\n").split("\n")
    seats, seat_to_draw, withdrawn = MIN_SEATS, 0, frozenset[int]()
    if rows[-1].startswith("seats"):
        seats, seat_to_draw, withdrawn = _parse_seats(rows.pop(), len(rows) + 1)
    board = _parse_dots(rows)
    rows = [row.ljust(_PITCH * board.cols + 1) for row in rows]
    drawn = sum(1 << i for i, line in enumerate(board.lines) if _is_drawn(rows, line))
    owned = [0] * seats
    position = Position(board, drawn, tuple(owned), seat_to_draw, withdrawn)
    for box in board.boxes:
        seat = _parse_owner(rows, box, seats, is_closed=position.sides(box) == len(box.lines))
        if seat is not None:
            owned[seat] |= 1 << board.index_of_box(box)
    return Position(board, drawn, tuple(owned), seat_to_draw, withdrawn)


def format_position(position: Position) -> str:
    """Draw a position, as `parse_position` reads it; rows carry no space at their end.

    >>> print(format_position(Position.start(Board(1, 2)).draw(parse_line("b1h"))))
    +   +---+
    <BLANKLINE>
    +   +   +
    seats AB, B to draw
    """
    board = position.board
    height, width = 2 * board.rows + 1, _PITCH * board.cols + 1
    canvas = [[" "] * width for _ in range(height)]
    for row in range(0, height, 2):
        canvas[row][::_PITCH] = "+" * (board.cols + 1)
    for line in position.drawn_lines:
        x, y = _PITCH * line.dot.column, 2 * line.dot.row
        if line.direction is Direction.HORIZONTAL:
            canvas[y][x + 1 : x + _PITCH] = "---"
        else:
            canvas[y + 1][x] = "|"
    for box in board.boxes:
        owner = position.owner(box)
        if owner is not None:
            canvas[2 * box.row + 1][_PITCH * box.column + 2] = SEAT_LETTERS[owner]
    return "\n".join(["".join(row).rstrip() for row in canvas] + [_format_seats(position)])


def _format_seats(position: Position) -> str:
    seats = SEAT_LETTERS[: position.seats]
    text = f"seats {seats}, {seats[position.seat_to_draw]} to draw"
    if position.withdrawn:
        text += f", {''.join(seats[seat] for seat in sorted(position.withdrawn))} withdrew"
    return text


def _parse_seats(text: str, row: int) -> tuple[int, int, frozenset[int]]:
    match = _SEATS.fullmatch(text.rstrip())
    if match is None:
        raise MalformedPosition(row, f"expected 'seats AB, A to draw', found {text[:40]!r}")
    letters, to_draw, withdrew = match[1], match[2], match[3] or ""
    if not set(to_draw + withdrew) <= set(letters) or "".join(sorted(set(withdrew))) != withdrew:
        raise ImpossiblePosition(row, f"{text[:40]!r} names seats that are not there, or twice")
    if len(withdrew) >= len(letters) or (to_draw in withdrew and len(letters) - len(withdrew) > 1):
        raise ImpossiblePosition(row, f"in {text[:40]!r} nobody is left to draw")
    return len(letters), letters.index(to_draw), frozenset(map(letters.index, withdrew))


def _parse_dots(rows: list[str]) -> Board:
    """Find the size from the rows of dots, and check every character outside the boxes."""
    widths = {len(row.rstrip()) for row in rows[::2]}
    width = max(widths, default=0)
    if len(rows) % 2 == 0 or width % _PITCH != 1 or len(widths) > 1:
        raise MalformedPosition(1, "the dots do not make a board of whole boxes")
    try:
        board = Board(rows=len(rows) // 2, cols=width // _PITCH)
    except ImpossibleBoard as error:
        raise MalformedPosition(1, str(error)) from error
    dots = re.compile(rf"\+(?:(?:---|   )\+){{{board.cols}}}")
    between = re.compile(rf"[| ](?: [A-D ] [| ]){{{board.cols}}}")
    for number, row in enumerate(rows):
        pattern = between if number % 2 else dots
        if pattern.fullmatch(row.rstrip().ljust(width)) is None:
            raise MalformedPosition(number + 1, f"{row[:40]!r} is neither dots and lines nor boxes")
    return board


def _is_drawn(rows: list[str], line: Line) -> bool:
    x, y = _PITCH * line.dot.column, 2 * line.dot.row
    if line.direction is Direction.HORIZONTAL:
        return rows[y][x + 1] == "-"
    return rows[y + 1][x] == "|"


def _parse_owner(rows: list[str], box: Box, seats: int, *, is_closed: bool) -> int | None:
    number = 2 * box.row + 1
    letter = rows[number][_PITCH * box.column + 2]
    if is_closed and letter not in SEAT_LETTERS[:seats]:
        raise ImpossiblePosition(number + 1, f"the closed box {box.column + 1} has no owner")
    if not is_closed and letter != " ":
        raise ImpossiblePosition(number + 1, f"the open box {box.column + 1} has an owner")
    return SEAT_LETTERS.index(letter) if is_closed else None
