"""The characters a board is drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters a board is drawn with; each pair is a horizontal and a vertical cell."""

    dot: str
    free: tuple[str, str]
    drawn: tuple[str, str]
    last: tuple[str, str]
    preview: tuple[str, str]
    pending: tuple[str, str]


UNICODE_GLYPHS: Final = Glyphs(
    dot="•",
    free=(" ", " "),
    drawn=("━", "┃"),
    last=("═", "║"),
    preview=("╍", "╏"),
    pending=("┈", "┊"),
)
ASCII_GLYPHS: Final = Glyphs(
    dot="+",
    free=(" ", " "),
    drawn=("-", "|"),
    last=("=", "#"),
    preview=(".", ":"),
    pending=("~", "!"),
)
