"""What is shown while the terminal has no room for a board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.screen import ModalScreen
from textual.widgets import Static

from clouds_edges.client.wording import too_small

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

SMALLEST: Final = (40, 15)
"""Columns and rows that the screens need."""


class TooSmallScreen(ModalScreen[None]):
    """Says how large the terminal has to be; goes away when it is."""

    def __init__(self, smallest: tuple[int, int] = SMALLEST) -> None:
        super().__init__()
        self._smallest = smallest

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Static("", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Say how far it is."""
        words = too_small(event.size.width, event.size.height, self._smallest)
        self.query_one(Static).update(words)
