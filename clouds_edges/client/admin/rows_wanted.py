"""Which rows of a table an operator wants to see: typed, asked for, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clouds_edges.client.admin.unreadable import Unreadable
from clouds_edges.protocol.admin import LONGEST_TEXT, MOST_ROWS, USUAL_ROWS, ShowRows

if TYPE_CHECKING:
    from collections.abc import Mapping

QUESTIONS: Final = {
    "prefix": "key begins with",
    "start": "from this key on",
    "limit": "rows on a page",
    "reverse": "backwards (yes, no)",
}
_ANSWERS: Final = {"": False, "no": False, "n": False, "yes": True, "y": True}


@dataclass(frozen=True, slots=True)
class RowsWanted:
    """Rows in the order of the table's key, or against it; what is empty does not matter."""

    prefix: str = ""
    start: str = ""
    limit: int = USUAL_ROWS
    reverse: bool = False

    def question(self, file: str, table: str, page: str | None) -> ShowRows:
        """Ask for such rows, from this page on."""
        return ShowRows(
            file=file,
            table=table,
            prefix=self.prefix,
            start=self.start or None,
            page=page,
            limit=self.limit,
            reverse=self.reverse,
        )


def parse_rows_wanted(typed: Mapping[str, str]) -> RowsWanted:
    """The rows that were typed, a text for each of `QUESTIONS`.

    Raises:
        Unreadable: A part of it makes no sense.
    """
    texts = {name: typed.get(name, "").strip() for name in QUESTIONS}
    for name in ("prefix", "start"):
        if len(texts[name]) > LONGEST_TEXT:
            message = f"{QUESTIONS[name]}: at most {LONGEST_TEXT} characters"
            raise Unreadable(message)
    if texts["reverse"].lower() not in _ANSWERS:
        message = f"backwards: yes or no, not {texts['reverse']!r}"
        raise Unreadable(message)
    return RowsWanted(
        texts["prefix"],
        texts["start"],
        _limit(texts["limit"]),
        _ANSWERS[texts["reverse"].lower()],
    )


def typed_rows_wanted(wanted: RowsWanted) -> dict[str, str]:
    """The rows as somebody could type them; undoes `parse_rows_wanted`."""
    return {
        "prefix": wanted.prefix,
        "start": wanted.start,
        "limit": str(wanted.limit),
        "reverse": "yes" if wanted.reverse else "no",
    }


def rows_wanted_in_words(wanted: RowsWanted) -> str:
    """The rows, for a heading."""
    parts = [f"{wanted.limit} a page"]
    if wanted.prefix:
        parts.insert(0, f"key {wanted.prefix}*")
    if wanted.start:
        parts.insert(0, f"from {wanted.start}")
    if wanted.reverse:
        parts.append("backwards")
    return ", ".join(parts)


def _limit(text: str) -> int:
    if not text:
        return USUAL_ROWS
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_ROWS))
    if not is_number or not 1 <= int(text) <= MOST_ROWS:
        message = f"rows on a page: a number from 1 to {MOST_ROWS}, not {text!r}"
        raise Unreadable(message)
    return int(text)
