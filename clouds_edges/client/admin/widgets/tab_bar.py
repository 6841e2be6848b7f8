"""The names of the panes in one line, each with the key that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult


class _Name(Static):
    """One of the names; a click chooses it."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """Somebody clicked a name."""

        def __init__(self, pane: str) -> None:
            self.pane = pane
            super().__init__()

    def __init__(self, words: str, pane: str) -> None:
        super().__init__(words, markup=False, id=f"tab-{pane}", classes="tab")
        self._pane = pane

    def on_click(self, event: events.Click) -> None:
        """Choose it."""
        event.stop()
        self.post_message(self.Clicked(self._pane))


class TabBar(Horizontal):
    """Shows which pane is `active`; long and short words for each, as there is room."""

    active = reactive("")

    class Chosen(Message):
        """Somebody wants to see this pane."""

        def __init__(self, pane: str) -> None:
            self.pane = pane
            super().__init__()

    def __init__(self, names: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        self._names = names

    def compose(self) -> ComposeResult:
        """A name a pane."""
        for pane, (words, _) in self._names.items():
            yield _Name(words, pane)

    def watch_active(self) -> None:
        """Mark the active one."""
        for pane in self._names:
            for name in self.query(f"#tab-{pane}"):
                name.set_class(pane == self.active, "-active")

    def on_mount(self) -> None:
        """Mark the active one."""
        self.watch_active()

    def on_resize(self, event: events.Resize) -> None:
        """Use the long words where they all fit."""
        room = sum(len(words) + 2 for words, _ in self._names.values())
        is_wide = event.size.width >= room
        self.set_class(not is_wide, "-short")
        for pane, (words, short) in self._names.items():
            self.query_one(f"#tab-{pane}", _Name).update(words if is_wide else short)

    def on__name_clicked(self, event: _Name.Clicked) -> None:
        """Say what was chosen."""
        event.stop()
        self.post_message(self.Chosen(event.pane))
