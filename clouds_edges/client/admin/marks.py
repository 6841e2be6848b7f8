"""The characters that bars and small pictures are drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a text was cut off, the two cells of a bar, and heights from nothing to the most."""

    cut: str
    full: str
    empty: str
    heights: str
    is_ascii: bool = False


UNICODE_MARKS: Final = Marks(cut="…", full="█", empty="░", heights=" ▁▂▃▄▅▆▇█")
ASCII_MARKS: Final = Marks(cut="~", full="#", empty="-", heights=" .:-=+*#@", is_ascii=True)
