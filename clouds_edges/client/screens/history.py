"""What a server lost or changed: shown until it has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from clouds_edges.client import wording

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from clouds_edges.client.streams import HistoryLost

_EXPLANATION: Final = """\
What it has now is not what it told you or accepted from you before: an older copy was put \
back, its log was edited, or this is another server at the same address. What is shown from \
now on is what it has now."""


class HistoryScreen(ModalScreen[None]):
    """Lists what is lost; only Escape closes it, which nobody presses while drawing lines."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="history.close"),
    ]

    def __init__(self, losses: tuple[HistoryLost, ...]) -> None:
        super().__init__()
        self._losses = losses

    def compose(self) -> ComposeResult:
        """What is known, then what it means."""
        with VerticalScroll(classes="dialog help") as page:
            page.border_title = wording.HISTORY_LOST
            page.border_subtitle = "Esc closes"
            yield Static(self._words, markup=False, id="losses")

    def show(self, losses: tuple[HistoryLost, ...]) -> None:
        """Follow what else is found to be lost."""
        self._losses = losses
        if self.is_mounted:
            self.query_one("#losses", Static).update(self._words)

    @property
    def _words(self) -> str:
        listed = "\n".join(f"- {wording.history_lost(lost)}" for lost in self._losses)
        return f"{listed}\n\n{_EXPLANATION}"
