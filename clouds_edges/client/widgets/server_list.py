"""A list of the servers that are heard on this network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from clouds_edges.client import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.client.heard import HeardServer

_NOBODY: Final = "no server so far"


class ServerList(OptionList):
    """One server a row; the same stays highlighted while others come and go."""

    class Chosen(Message):
        """Somebody wants to play on this server."""

        def __init__(self, server: HeardServer) -> None:
            self.server = server
            super().__init__()

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(Option(_NOBODY, disabled=True), id=id, markup=False)
        self._shown: tuple[HeardServer, ...] = ()

    def show(self, servers: Sequence[HeardServer]) -> None:
        """Show these servers, by their names."""
        shown = tuple(sorted(servers, key=lambda server: (server.name.casefold(), server.place)))
        if shown == self._shown:
            return
        place = self.highlighted
        before = None if place is None else self._shown[place]
        self._shown = shown
        self.clear_options()
        self.add_options(Option(Content(wording.heard(server))) for server in shown)
        if shown:
            self.highlighted = shown.index(before) if before in shown else 0
        else:
            self.add_option(Option(_NOBODY, disabled=True))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Tell which server it is."""
        event.stop()
        self.post_message(self.Chosen(self._shown[event.option_index]))
