"""A list of rows in columns, with their titles above."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from clouds_edges.client.admin.columns import fitting_widths, line_of
from clouds_edges.client.admin.widgets.toned import toned
from clouds_edges.client.clean_text import cleaned
from clouds_edges.client.widgets.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from clouds_edges.client.admin.columns import Column
    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.words import Row

_PADDING: Final = 2
_USUAL_ROOM: Final = 78


class Listing(Vertical):
    """Rows that come and go; the same one stays highlighted.

    Where `follows_top`, as in a list with the newest above, whoever is at the first row stays at
    the first. Cells are foreign text, never markup, and never more than a line. Only what differs
    from what is shown is drawn again.
    """

    class Chosen(Message):
        """Somebody has pressed Enter on a row, or clicked it."""

        def __init__(self, listing: Listing, key: str) -> None:
            self.listing = listing
            self.key = key
            super().__init__()

        @property
        def control(self) -> Listing:
            """The list; `on` selects by it."""
            return self.listing

    def __init__(
        self,
        columns: Sequence[Column],
        marks: Marks,
        *,
        id: str,  # noqa: A002 - Textual's name
        follows_top: bool = False,
    ) -> None:
        super().__init__(id=id, classes="listing")
        self._follows_top = follows_top
        self._columns = tuple(columns)
        self._marks = marks
        self._rows: tuple[Row, ...] = ()
        self._words = "asking the server"
        self._lines: tuple[str, ...] = ()
        self._last_room = _USUAL_ROOM

    def compose(self) -> ComposeResult:
        """The titles over the rows."""
        yield Words(classes="titles")
        yield OptionList(markup=False, compact=True)

    @property
    def options(self) -> OptionList:
        """What takes the keys."""
        return self.query_one(OptionList)

    @property
    def key(self) -> str | None:
        """What the highlighted row stands for."""
        place = self.options.highlighted
        return self._rows[place].key if place is not None and place < len(self._rows) else None

    @property
    def lines(self) -> tuple[str, ...]:
        """The rows as they are shown, or the words that stand for them."""
        return self._lines or (self._words,)

    @property
    def titles(self) -> str:
        """The titles as they are shown."""
        return str(self.query_one(Words).content)

    def show(
        self, rows: Sequence[Row], nothing: str, columns: Sequence[Column] | None = None
    ) -> None:
        """Show these rows, or these words when there are none."""
        shown = (tuple(rows), nothing, self._columns if columns is None else tuple(columns))
        if shown == (self._rows, self._words, self._columns) and self.options.option_count:
            return
        key, before = self.key, self._rows
        self._rows, self._words, self._columns = shown
        self._draw(before, key)

    def say(self, words: str) -> None:
        """Show words instead of rows."""
        self.show((), words)

    def on_resize(self) -> None:
        """Fit the columns into the room there is now."""
        if self._rows:
            self._draw(self._rows, self.key)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Say which row was chosen."""
        event.stop()
        if event.option_index < len(self._rows):
            self.post_message(self.Chosen(self, self._rows[event.option_index].key))

    def _draw(self, before: tuple[Row, ...], key: str | None) -> None:
        cells = [[cleaned(cell) for cell in row.cells] for row in self._rows]
        widths = fitting_widths(self._columns, cells, self._room)
        titles = [column.title for column in self._columns]
        cut = self._marks.cut
        shown = line_of(titles, self._columns, widths, cut) if self._rows else ""
        self.query_one(Words).say(shown)
        lines = tuple(line_of(row, self._columns, widths, cut) for row in cells)
        old, self._lines = self._lines, lines
        if before and [row.key for row in before] == [row.key for row in self._rows]:
            self._exchange(before, old)
        else:
            was_first = bool(before) and before[0].key == key
            self._fill(None if was_first and self._follows_top else key)

    def _exchange(self, before: tuple[Row, ...], old: tuple[str, ...]) -> None:
        """The rows are the same: draw those that look different."""
        now = zip(self._rows, self._lines, strict=True)
        for place, (was, was_line, (row, line)) in enumerate(zip(before, old, now, strict=True)):
            if (was_line, was.tone) != (line, row.tone):
                self.options.replace_option_prompt_at_index(place, toned(line, row.tone))

    def _fill(self, key: str | None) -> None:
        """The rows are others: the one of this key, or the first, is highlighted where one was."""
        options = self.options
        from_top = (options.highlighted or 0) - options.scroll_offset.y
        options.clear_options()
        if not self._rows:
            options.add_option(Option(Content(self._words), disabled=True))
            return
        options.add_options(
            Option(toned(line, row.tone)) for row, line in zip(self._rows, self._lines, strict=True)
        )
        keys = [row.key for row in self._rows]
        place = keys.index(key) if key in keys else 0
        options.highlighted = place
        options.scroll_to(y=max(place - from_top, 0), animate=False, immediate=True)

    @property
    def _room(self) -> int:
        """Cells a line may have beside a scroll bar; while the list is hidden, as many as it had.

        Whether there is a scroll bar is known too late: when the lines are there.
        """
        width = self.options.outer_size.width - self.options.styles.scrollbar_size_vertical
        if width > _PADDING:
            self._last_room = width - _PADDING
        return self._last_room
