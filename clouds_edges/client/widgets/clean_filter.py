"""Foreign text made harmless where it leaves for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from clouds_edges.client.clean_text import cleaned

if TYPE_CHECKING:
    from textual.color import Color


class CleanText(LineFilter):
    """The last guard: nothing that steers a terminal leaves as text."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Replace what is harmful in every segment."""
        del background
        return [Segment(cleaned(text), style, control) for text, style, control in segments]
