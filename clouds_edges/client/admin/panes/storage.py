"""The server's files, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical

from clouds_edges.client.admin import words
from clouds_edges.client.admin.columns import Column
from clouds_edges.client.admin.dialogs import Form, TextScreen
from clouds_edges.client.admin.panes.pane import Pane
from clouds_edges.client.admin.rows_wanted import (
    QUESTIONS,
    RowsWanted,
    parse_rows_wanted,
    rows_wanted_in_words,
    typed_rows_wanted,
)
from clouds_edges.client.admin.trail import Trail
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.admin_connection import QuestionRefused
from clouds_edges.client.widgets.words import Words
from clouds_edges.protocol.admin import ListTables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue
    from textual.app import ComposeResult

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.operator_view import OperatorView
    from clouds_edges.protocol.admin_answers import RowsPage, TableRow


class StoragePane(Pane):
    """A list of tables; pages of the chosen one beside it, or where there is no room over it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Rows", key_display="/", id="storage.filter"),
        Binding("n", "page(1)", "Next", id="storage.next"),
        Binding("p", "page(-1)", "Previous", id="storage.previous"),
        Binding("v", "reverse", "Reverse", id="storage.reverse"),
        Binding("r", "again", "Reload", id="storage.again"),
        Binding("escape", "close", "Back", id="storage.close"),
    ]
    HELP = """\
Storage
  Enter   the rows of a table; there, all of a row
  /       which rows: prefix, start, limit, reverse
  n, p    next page, previous page
  v       backwards, or forwards again
  r       read again: pages here stand still
  Esc     back to the tables"""

    def __init__(self, operator: Operator, marks: Marks, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(operator, marks, id=id)
        self._tables: tuple[TableRow, ...] = ()
        self._table: TableRow | None = None
        self._wanted = RowsWanted()
        self._trail: Trail[str] = Trail()
        self._page: RowsPage | None = None

    def compose(self) -> ComposeResult:
        """The tables, and beside them the rows of one."""
        with Vertical(classes="list"):
            yield Listing(words.TABLE_COLUMNS, self.marks, id="tables")
        with Vertical(classes="detail"):
            yield Words(classes="heading")
            yield Listing((), self.marks, id="rows")

    @property
    def tables(self) -> Listing:
        """The tables."""
        return self.query_one("#tables", Listing)

    @property
    def rows(self) -> Listing:
        """The rows of one of them."""
        return self.query_one("#rows", Listing)

    async def look(self, view: OperatorView) -> None:
        """Read what is wanted, once: what is stored is not followed."""
        del view
        if not self.take_stale():
            return
        self._tables = (await self.operator.ask(ListTables())).tables
        self.tables.show([words.table_row(one) for one in self._tables], "There are no files")
        if self._table is not None:
            await self._read(self._table)

    def complain(self, sentence: str) -> None:
        """Show why there are no tables."""
        self.tables.say(words.sentence(sentence))

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Open a table, or show all of a row."""
        if event.listing is self.rows:
            self._show_row(int(event.key.split()[-1]))
            return
        chosen = [one for one in self._tables if words.table_row(one).key == event.key]
        for table in chosen:
            self._open(table)

    def action_filter(self) -> None:
        """Ask which rows to show."""
        if self._table is None:
            return
        form: Form[RowsWanted] = Form(
            f"Which rows of {self._table.table}",
            QUESTIONS,
            typed_rows_wanted(self._wanted),
            parse_rows_wanted,
            hint=f"The key is {', '.join(self._table.key)}",
        )
        self.open(form, self._narrow)

    def action_page(self, direction: int) -> None:
        """Turn a page."""
        following = None if self._page is None else self._page.next
        if direction < 0:
            self._turn(self._trail.back())
        elif following is None:
            self.notify("This is the last page")
        else:
            self._turn(self._trail.forward(following))

    def action_reverse(self) -> None:
        """Turn the order round."""
        wanted = self._wanted
        is_reversed = not wanted.reverse
        self._narrow(RowsWanted(wanted.prefix, wanted.start, wanted.limit, is_reversed))

    def action_again(self) -> None:
        """Read again what is shown."""
        self.become_stale()

    def action_close(self) -> None:
        """Go back to the tables."""
        self._table = None
        self.remove_class("-open")
        self.tables.options.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Rows are those of an open table."""
        del parameters
        is_for_rows = action in {"filter", "page", "reverse", "close"}
        return self._table is not None if is_for_rows else True

    def _open(self, table: TableRow) -> None:
        self._table, self._wanted = table, RowsWanted()
        self.add_class("-open")
        self.rows.options.focus()
        self._turn(Trail())

    def _narrow(self, wanted: RowsWanted | None) -> None:
        if wanted is not None:
            self._wanted = wanted
            self._turn(Trail())

    def _turn(self, trail: Trail[str]) -> None:
        self._trail = trail
        self.become_stale()

    async def _read(self, table: TableRow) -> None:
        question = self._wanted.question(table.file, table.table, self._trail.here)
        try:
            page = await self.operator.ask(question)
        except QuestionRefused as refused:
            self._page = None
            self.rows.say(words.sentence(refused.sentence))
            return
        if table is not self._table:
            return  # somebody went on meanwhile, and what is wanted now is asked for next
        self._page = page
        rows = [
            words.Row(f"{table.file} {table.table} {self._trail.page} {place}", _cells(row))
            for place, row in enumerate(page.rows)
        ]
        columns = [Column(name, least=10, rank=int(name not in page.key)) for name in page.columns]
        self.rows.show(rows, "No row is like that; / changes it", columns)
        parts = [f"{table.file} {table.table}", f"page {self._trail.page}"]
        parts.append(rows_wanted_in_words(self._wanted))
        self.query_one(".heading", Words).say(" | ".join(parts))

    def _show_row(self, place: int) -> None:
        if self._page is None:
            return
        row = dict(zip(self._page.columns, self._page.rows[place], strict=True))
        self.open(TextScreen(self._page.table, words.pretty(row, self.marks)))


def _cells(row: Sequence[JsonValue]) -> tuple[str, ...]:
    return tuple(map(words.cell, row))
