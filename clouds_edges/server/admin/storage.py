"""The storage inspector: pages of rows out of the server's files, as they are stored.

What can be looked into is listed here: the keys of players' names are not, and of the tokens not
even the hashes are shown. Each page is read on a connection of its own, which cannot write. It is
made by the library that also writes the file: two SQLites in one process do not see each other's
locks (sqlite.org/howtocorrupt.html, section 2.2.1).
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.protocol.admin_answers import RowsPage, TableRow, TablesAre
from clouds_edges.server.admin.table_page import Pages, Reading, table_in, table_names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clouds_edges.protocol.admin import ShowRows

_WRITTEN_BY_APSW: Final = ("events.db", "processes.db", "snapshots.db", "tokens.db")
_READ_MODELS: Final = "read-models"
_SECRETS: Final = {"tokens.db": frozenset({"hash"})}


class NoSuchTable(Refused):
    """There is no such file or table, or none to be looked into."""

    code = "no_such_table"


class Storage:
    """The files in one data folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pages = Pages()

    async def tables(self) -> TablesAre:
        """Every table that can be looked into; raises `StoreUnavailable`."""
        return TablesAre(tables=tuple(await asyncio.to_thread(self._tables)))

    async def page(self, asked: ShowRows) -> RowsPage:
        """A page of rows.

        Raises:
            NoSuchTable: See there.
            BadCursor: See there.
            StoreUnavailable: The file cannot be read.
        """
        return await asyncio.to_thread(self._page, asked)

    def _tables(self) -> list[TableRow]:
        return [row for file in self._files() for row in self._tables_in(file)]

    def _tables_in(self, file: str) -> list[TableRow]:
        secret = _SECRETS.get(file, frozenset())
        with self._opened(file) as reading:
            tables = [
                table_in(reading, file, name, secret, needs_text=False)
                for name in table_names(reading)
            ]
        return [
            TableRow(file=file, table=one.name, columns=one.columns, key=one.key) for one in tables
        ]

    def _page(self, asked: ShowRows) -> RowsPage:
        _check_known("file", asked.file, self._files())
        secret = _SECRETS.get(asked.file, frozenset())
        with self._opened(asked.file) as reading:
            _check_known("table", asked.table, table_names(reading))
            has_prefix = bool(asked.prefix)
            table = table_in(reading, asked.file, asked.table, secret, needs_text=has_prefix)
            return self._pages.read(reading, table, asked)

    def _files(self) -> list[str]:
        read_models = (self._folder / _READ_MODELS).glob("*.db")
        names = [*_WRITTEN_BY_APSW, *sorted(f"{_READ_MODELS}/{path.name}" for path in read_models)]
        return [name for name in names if (self._folder / name).is_file()]

    @contextmanager
    def _opened(self, file: str) -> Iterator[Reading]:
        path = (self._folder / file).absolute()
        try:
            with closing(_connected(path, by_apsw=file in _WRITTEN_BY_APSW)) as reading:
                yield reading
        except (apsw.Error, sqlite3.Error) as error:
            message = f"{file} cannot be read: {error}"
            raise StoreUnavailable(message) from error


def _connected(path: Path, *, by_apsw: bool) -> Reading:
    if by_apsw:
        return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)


def _check_known(what: str, name: str, known: list[str]) -> None:
    if name not in known:
        message = f"there is no {what} {name} to look into: there are {', '.join(known)}"
        raise NoSuchTable(message)
