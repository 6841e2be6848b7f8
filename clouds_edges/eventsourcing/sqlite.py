"""The event log in one SQLite file, durable at every answer.

Through APSW, which brings its own SQLite: the one behind many a Python's `sqlite3` has a bug in
the reset of the write-ahead log (sqlite.org/wal.html, "the WAL-reset bug") that can corrupt a
file written and checkpointed from two connections. WAL with `synchronous=FULL` flushes at each
commit. One thread owns the writing connection and commits whatever waits in one transaction, so
that one flush serves everybody who waits.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar, TypeVarTuple

import apsw

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, chain_hash
from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import (
    BrokenChain,
    StoreInUse,
    StoreUnavailable,
    UnreadableEvent,
)
from clouds_edges.eventsourcing.recorded import (
    Checkpoint,
    Recorded,
    from_microseconds,
)
from clouds_edges.eventsourcing.sqlite_writer import Answer, Waiting, Writer, end_of, outcome_in
from clouds_edges.eventsourcing.store import Append, Appended, Committed, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

E = TypeVar("E")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_LOG: Final = logging.getLogger(__name__)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    schema INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    command TEXT NOT NULL,
    cause TEXT,
    data BLOB NOT NULL,
    hash BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT;
CREATE TABLE IF NOT EXISTS commands (
    actor TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    head BLOB NOT NULL,
    PRIMARY KEY (actor, id)
) STRICT, WITHOUT ROWID;
"""
_EVENT: Final = (
    "SELECT position, stream, version, kind, schema, at, actor, command, cause, data, hash "
    "FROM events "
)

_LARGEST_INTEGER: Final = 2**63 - 1
"""The largest that SQLite has."""

_Row = tuple[int, str, int, str, int, int, str, str, str | None, bytes, bytes]


class SQLiteStore(Generic[E]):
    """An `EventStore` in a file; use it as an asynchronous context manager.

    Raises:
        StoreInUse: Another process writes to the file.
        StoreUnavailable: The file cannot be opened or made.
    """

    def __init__(self, path: Path, codec: Codec[E], *, synchronous: str = "FULL") -> None:
        """Open or make the file; anything but FULL loses acknowledged events with the power."""
        self._codec = codec
        self._unreadable: set[str] = set()
        self._subscribers: list[Committed[E]] = []
        with ExitStack() as stack:
            try:
                stack.callback(locked(path.with_suffix(".lock")).close)
                self._writer = Writer(opened(path, synchronous), codec)
                stack.callback(self._writer.connection.close)
                self._reading = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
                stack.callback(self._reading.close)
            except apsw.Error as error:
                message = f"the event log {path} cannot be opened: {error}"
                raise StoreUnavailable(message) from error
            self._connections = stack.pop_all()
        self._is_closed = False
        self._waiting: queue.SimpleQueue[Waiting[E] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="event-log-writer")
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="event-log-reader")

    async def __aenter__(self) -> Self:
        """Begin to write, on behalf of the running loop."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Commit what waits, then close the file."""
        self._is_closed = True
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._reader.shutdown)
        self._connections.close()

    def subscribe(self, committed: Committed[E]) -> None:
        """See `EventStore.subscribe`."""
        self._subscribers.append(committed)

    async def append(self, append: Append[E]) -> Appended[E]:
        """See `EventStore.append`."""
        self._check_open()
        future: asyncio.Future[Appended[E]] = self._loop.create_future()
        self._waiting.put((append, future))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])  # it is under way: who goes on before it ends, goes astray
            raise

    async def outcome_of(self, by: str, command_id: CommandId, body: bytes) -> Outcome | None:
        """See `EventStore.outcome_of`."""
        return await self._read(outcome_in, self._reading, by, command_id, body)

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[E]]:
        """See `EventStore.read_stream`."""
        return await self._read(self._read_stream, stream, after)

    async def head_at(self, stream: StreamName, version: int) -> bytes | None:
        """See `EventStore.head_at`."""
        return await self._read(self._head_at, stream, version)

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[E]]:
        """See `EventStore.read_log`."""
        return await self._read(self._read_log, after, limit)

    async def end(self) -> Checkpoint:
        """See `EventStore.end`."""
        return await self._read(end_of, self._reading)

    async def _read(self, read: Callable[[*Ts], T], *arguments: *Ts) -> T:
        self._check_open()
        try:
            return await self._loop.run_in_executor(self._reader, read, *arguments)
        except apsw.Error as error:
            message = f"the event log cannot be read: {error}"
            raise StoreUnavailable(message) from error

    def _check_open(self) -> None:
        if self._is_closed:
            message = "the event log is closed"
            raise StoreUnavailable(message)

    def _read_stream(self, stream: StreamName, after: int) -> list[Recorded[E]]:
        sql = _EVENT + "WHERE stream = ? AND version >= ? ORDER BY version"
        rows: list[_Row] = list(self._reading.execute(sql, (stream, after)))
        head = EMPTY_HEAD
        if after and rows:
            _, _, version, *_, head = rows.pop(0)
            if version != after:
                raise BrokenChain(stream, after)
        for expected, row in enumerate(rows, after + 1):
            head = _verified(head, expected, row)
        return [self._recorded(row) for row in rows]

    def _head_at(self, stream: StreamName, version: int) -> bytes | None:
        if version > _LARGEST_INTEGER:
            return None
        sql = "SELECT hash FROM events WHERE stream = ? AND version = ?"
        found: bytes | None = self._reading.execute(sql, (stream, version)).get
        return found

    def _read_log(self, after: Checkpoint, limit: int) -> list[Recorded[E]]:
        sql = _EVENT + "WHERE position > ? ORDER BY position"
        rows: Iterator[_Row] = iter(self._reading.execute(sql, (after,)))
        readable = (recorded for row in rows if (recorded := self._readable(row)) is not None)
        return list(islice(readable, limit))

    def _readable(self, row: _Row) -> Recorded[E] | None:
        """The event, or None from the first unreadable event of its stream on."""
        stream = row[1]
        if stream in self._unreadable:
            return None
        try:
            return self._recorded(row)
        except (UnreadableEvent, ValueError, OverflowError) as error:
            self._unreadable.add(stream)
            _LOG.error("%s is left out from version %d on: %s", stream, row[2], error)
            return None

    def _recorded(self, row: _Row) -> Recorded[E]:
        position, stream, version, kind, schema, at, by, command, cause, data, sealed = row
        return Recorded(
            Checkpoint(position),
            StreamName(stream),
            version,
            self._codec.decode(Encoded(kind, schema, data)),
            from_microseconds(at),
            by,
            CommandId(command),
            cause,
            sealed,
        )

    def _write(self) -> None:
        """The writer's thread: take whatever waits, commit it at once, hand the answers over."""
        stopping = False
        while not stopping:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            stopping = None in batch
            answers = self._writer.commit([waiting for waiting in batch if waiting is not None])
            self._loop.call_soon_threadsafe(self._hand_over, answers)

    def _hand_over(self, answers: Sequence[Answer[E]]) -> None:
        recorded: list[Recorded[E]] = []
        for future, answer in answers:
            if isinstance(answer, Appended):
                recorded.extend(answer.recorded)
            if future.done():
                continue
            if isinstance(answer, Appended):
                future.set_result(answer)
            else:
                future.set_exception(answer)
        if recorded:
            for committed in self._subscribers:
                committed(recorded)


def opened(path: Path, synchronous: str) -> apsw.Connection:
    """A connection for writing to the file, which is made if it is not there."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(_SCHEMA)
    return connection


def locked(path: Path) -> apsw.Connection:
    """Hold a lock for as long as the connection is open; it goes with the process."""
    connection = apsw.Connection(str(path))
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except apsw.BusyError as error:
        connection.close()
        message = f"another server is writing to {path.parent}: stop it, or choose another folder"
        raise StoreInUse(message) from error
    return connection


def _verified(head: bytes, expected: int, row: _Row) -> bytes:
    """The hash of an event, once it is sure that nobody changed it."""
    _, stream, version, kind, schema, at, by, command, cause, data, sealed = row
    encoded = Encoded(kind, schema, data)
    honest = chain_hash(head, stream, version, encoded, at, by, command, cause)
    if version != expected or honest != sealed:
        raise BrokenChain(stream, expected)
    return sealed
