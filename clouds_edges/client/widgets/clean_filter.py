"""Foreign text made harmless where it leaves for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.filter import LineFilter

from clouds_edges.client.clean_text import cleaned

if TYPE_CHECKING:
    from textual.color import Color


class CleanText(LineFilter):
    """The last guard: nothing that steers a terminal leaves as text."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace what is not clean in every segment, which stays as wide as it is laid out."""
        del background
        return [Segment(_shown(text), style, control) for text, style, control in segments]


def _shown(text: str) -> str:
    clean = cleaned(text)
    return text if clean == text else set_cell_size(clean, cell_len(text))
