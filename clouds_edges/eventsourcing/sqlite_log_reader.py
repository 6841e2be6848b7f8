"""Looks into the event log in a SQLite file, on a connection and a thread of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

import apsw

from clouds_edges.eventsourcing.codec import Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.log_reader import StoredEvent, StreamEnd, Wanted
from clouds_edges.eventsourcing.recorded import Checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_EVENT: Final = (
    "SELECT position, stream, version, kind, schema, at, actor, command, cause, data, hash "
    "FROM events "
)
_WANTED: Final = (
    "WHERE position > ?1 AND position < ?2 AND at >= ?3 AND at < ?4 "
    "AND substr(stream, 1, length(?5)) = ?5 AND (?6 IS NULL OR stream = ?6) "
    "AND (?7 IS NULL OR kind = ?7) AND (?8 IS NULL OR actor = ?8) "
)
_STREAMS: Final = (
    "SELECT stream, version, at FROM events JOIN ("
    "SELECT stream, max(version) AS version FROM events "
    "WHERE stream > ?1 AND stream >= ?2 AND stream < ?2 || ?3 GROUP BY stream LIMIT ?4"
    ") USING (stream, version) ORDER BY stream"
)
_LAST_CHARACTER: Final = "\U0010ffff"
_LARGEST: Final = 2**63 - 1

_Row = tuple[int, str, int, str, int, int, str, str, str | None, bytes, bytes]


class SQLiteLogReader:
    """A `LogReader` of a file that a `SQLiteStore` has made."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading only; raises `StoreUnavailable`."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="log-reader")
        try:
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        except apsw.Error as error:
            raise _unreadable(error) from error

    def close(self) -> None:
        """Close the file, once nobody reads any more."""
        self._thread.shutdown()
        self._connection.close()

    async def events(
        self, wanted: Wanted, limit: int, *, newest_first: bool = False
    ) -> Sequence[StoredEvent]:
        """See `LogReader.events`."""
        sql = _EVENT + _WANTED + f"ORDER BY position {'DESC' if newest_first else 'ASC'} LIMIT ?9"
        before = _LARGEST if wanted.before is None else wanted.before
        values = (
            wanted.after,
            before,
            *wanted.times,
            wanted.stream_prefix,
            wanted.stream,
            wanted.kind,
            wanted.by,
            limit,
        )
        return await self._read(self._events, sql, values)

    async def stream(self, stream: StreamName) -> Sequence[StoredEvent]:
        """See `LogReader.stream`."""
        return await self._read(
            self._events, _EVENT + "WHERE stream = ? ORDER BY version", (stream,)
        )

    async def streams(self, prefix: str, after: str, limit: int) -> Sequence[StreamEnd]:
        """See `LogReader.streams`."""
        return await self._read(self._streams, prefix, after, limit)

    def _events(self, sql: str, values: tuple[str | int | None, ...]) -> list[StoredEvent]:
        rows: list[_Row] = list(self._connection.execute(sql, values))
        return [_stored(row) for row in rows]

    def _streams(self, prefix: str, after: str, limit: int) -> list[StreamEnd]:
        rows = self._connection.execute(_STREAMS, (after, prefix, _LAST_CHARACTER, limit))
        return [StreamEnd(StreamName(stream), version, at) for stream, version, at in rows]

    async def _read(self, read: Callable[[*Ts], T], *arguments: *Ts) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, read, *arguments)
        except apsw.Error as error:
            raise _unreadable(error) from error


def _stored(row: _Row) -> StoredEvent:
    position, stream, version, kind, schema, at, by, command, cause, data, sealed = row
    return StoredEvent(
        Checkpoint(position),
        StreamName(stream),
        version,
        Encoded(kind, schema, data),
        at,
        by,
        CommandId(command),
        cause,
        sealed,
    )


def _unreadable(error: apsw.Error) -> StoreUnavailable:
    return StoreUnavailable(f"the event log cannot be read: {error}")
