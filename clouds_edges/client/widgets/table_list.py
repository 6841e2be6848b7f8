"""A list of games that follows the lobby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from clouds_edges.domain.ids import GameId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from clouds_edges.domain.lobby.state import Table


class TableList(OptionList):
    """Games in words, one a row; the same game stays highlighted while others come and go."""

    def __init__(self, title: str, nothing: str, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self.border_title = title
        self._nothing = nothing
        self._shown: tuple[tuple[str, str], ...] | None = None

    @property
    def chosen(self) -> GameId | None:
        """The highlighted game."""
        option = self.highlighted_option
        return None if option is None or option.id is None else GameId(option.id)

    def show(self, tables: Iterable[Table], words: Callable[[Table], str]) -> None:
        """Show these games."""
        shown = tuple((table.game, words(table)) for table in tables)
        if shown == self._shown:
            return
        before, self._shown = self.chosen, shown
        options = [Option(Content(text), id=game) for game, text in shown]
        self.clear_options()
        self.add_options(options or [Option(Content(self._nothing), disabled=True)])
        games = [game for game, _ in shown]
        if games:
            self.highlighted = games.index(before) if before in games else 0
