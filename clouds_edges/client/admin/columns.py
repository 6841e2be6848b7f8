"""Rows of text in columns that fit into the room there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Sequence

_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: it is left out rather than made narrower than `least` cells.

    Where there is no room for all that is in the columns, the widest becomes narrower, whichever
    that is by then; of columns as wide, the one with the highest `rank`. Where that is not enough,
    the one with the highest `rank` is left out, of the same rank the last.
    """

    title: str
    least: int = 4
    rank: int = 0
    is_right: bool = False


def fitting_widths(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int
) -> tuple[int, ...]:
    """How many cells each column gets; 0 for those that are left out."""
    wanted = [
        max([cell_len(column.title), *(cell_len(row[place]) for row in rows)])
        for place, column in enumerate(columns)
    ]
    shown = sorted(range(len(columns)), key=lambda place: (columns[place].rank, place))
    while True:
        widths = _narrowed(columns, wanted, shown, room)
        if widths is not None:
            return widths
        shown.pop()


def line_of(
    cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int], cut: str
) -> str:
    """A row as text; `cut` marks what did not fit."""
    parts = [
        _fitted(cell, width, cut, is_right=column.is_right)
        for cell, column, width in zip(cells, columns, widths, strict=True)
        if width
    ]
    return (" " * _GAP).join(parts)


def shortened(text: str, room: int, cut: str) -> str:
    """The text, or as much of its beginning as there is room for."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - cell_len(cut), 0)) + cut if room > 0 else ""


def padded(text: str, width: int) -> str:
    """The text with spaces behind it up to this width."""
    return text + " " * (width - cell_len(text))


def _narrowed(
    columns: Sequence[Column], wanted: Sequence[int], shown: Sequence[int], room: int
) -> tuple[int, ...] | None:
    """Widths that fit for these columns; None if they cannot."""
    widths = [min(width, room) if place in shown else 0 for place, width in enumerate(wanted)]
    excess = sum(widths) + _GAP * (len(shown) - 1) - room
    while excess > 0:
        spare = [place for place in shown if widths[place] > columns[place].least]
        if not spare:
            return None
        widths[max(spare, key=lambda place: (widths[place], columns[place].rank, place))] -= 1
        excess -= 1
    return tuple(widths)


def _fitted(cell: str, width: int, cut: str, *, is_right: bool) -> str:
    text = shortened(cell, width, cut)
    return " " * (width - cell_len(text)) + text if is_right else padded(text, width)
