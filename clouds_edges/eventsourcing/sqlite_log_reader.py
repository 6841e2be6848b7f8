"""Looks into the event log in a SQLite file, on a connection and a thread of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

import apsw

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.log_reader import StreamEnd, Wanted
from clouds_edges.eventsourcing.sqlite_log import (
    ENTRIES,
    Row,
    entry_in,
    in_words_of_the_port,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from clouds_edges.eventsourcing.log_entry import LogEntry

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_WANTED: Final = (
    "WHERE e.position > ?1 AND e.position < ?2 AND e.at >= ?3 AND e.at < ?4 "
    "AND substr(e.stream, 1, length(?5)) = ?5 "
    "AND (?6 IS NULL OR e.kind = ?6) AND (?7 IS NULL OR e.actor = ?7) "
)
_STREAMS: Final = (
    "SELECT CAST(stream AS BLOB), version, at FROM events JOIN ("
    "SELECT stream, max(version) AS version FROM events "
    "WHERE stream > ?1 AND stream >= ?2 AND stream < ?2 || ?3 GROUP BY stream LIMIT ?4"
    ") USING (stream, version) ORDER BY stream"
)
_LAST_CHARACTER: Final = "\U0010ffff"
_LARGEST: Final = 2**63 - 1


class SQLiteLogReader:
    """A `LogReader` of a file that a `SQLiteStore` has made."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading only; raises `StoreUnavailable`."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="log-reader")
        with in_words_of_the_port():
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)

    def close(self) -> None:
        """Close the file, once nobody reads any more."""
        self._thread.shutdown()
        self._connection.close()

    async def events(
        self, wanted: Wanted, limit: int, *, newest_first: bool = False
    ) -> Sequence[LogEntry]:
        """See `LogReader.events`."""
        sql = (
            ENTRIES + _WANTED + f"ORDER BY e.position {'DESC' if newest_first else 'ASC'} LIMIT ?8"
        )
        before = _LARGEST if wanted.before is None else wanted.before
        values = (
            wanted.after,
            before,
            *wanted.times,
            wanted.stream_prefix,
            wanted.kind,
            wanted.by,
            limit,
        )
        return await self._read(self._events, sql, values)

    async def stream(self, stream: StreamName) -> Sequence[LogEntry]:
        """See `LogReader.stream`."""
        return await self._read(
            self._events, ENTRIES + "WHERE e.stream = ? ORDER BY e.version", (stream,)
        )

    async def streams(self, prefix: str, after: str, limit: int) -> Sequence[StreamEnd]:
        """See `LogReader.streams`."""
        return await self._read(self._streams, prefix, after, limit)

    def _events(self, sql: str, values: tuple[str | int | None, ...]) -> list[LogEntry]:
        rows: list[Row] = list(self._connection.execute(sql, values))
        return [entry_in(row) for row in rows]

    def _streams(self, prefix: str, after: str, limit: int) -> list[StreamEnd]:
        rows = self._connection.execute(_STREAMS, (after, prefix, _LAST_CHARACTER, limit))
        return [StreamEnd(StreamName(text_of(name)), version, at) for name, version, at in rows]

    async def _read(self, read: Callable[[*Ts], T], *arguments: *Ts) -> T:
        loop = asyncio.get_running_loop()
        with in_words_of_the_port():
            return await loop.run_in_executor(self._thread, read, *arguments)
