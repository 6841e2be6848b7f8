"""Long lists, a page at a time, each page ending with the cursor of the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from clouds_edges.eventsourcing.decider import Refused

T = TypeVar("T")

MOST_ROWS: Final = 500
"""The longest page; who asks for more gets so many."""
_DIGITS: Final = 16
_LARGEST: Final = 2**63 - 1


class UnknownCursor(Refused):
    """The cursor is none that was handed out with a page."""

    code = "unknown_cursor"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the cursor of the page behind them; None with the last page."""

    rows: tuple[T, ...]
    next: str | None


def page_of(found: Sequence[tuple[int, T]], limit: int) -> Page[T]:
    """Make a page of rows with their places; there is another page if there is one row too many."""
    rows = tuple(row for _, row in found[:limit])
    return Page(rows, format_cursor(found[limit - 1][0]) if len(found) > limit else None)


def checked_limit(limit: int) -> int:
    """How many rows a page has when so many are asked for."""
    return max(1, min(limit, MOST_ROWS))


def format_cursor(place: int) -> str:
    """A place in a list, as readers keep it without asking what it means."""
    return f"{place:0{_DIGITS}x}"


def parse_cursor(cursor: str) -> int:
    """Undo `format_cursor`.

    Raises:
        UnknownCursor: It is none.
    """
    digits = "0123456789abcdef"
    if len(cursor) == _DIGITS and all(character in digits for character in cursor):
        place = int(cursor, 16)
        if place <= _LARGEST:
            return place
    message = f"{cursor!r} is no cursor: take it from the page before, as it is"
    raise UnknownCursor(message)
