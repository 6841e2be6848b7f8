"""The event log in one SQLite file, durable at every answer.

Through APSW, which brings its own SQLite: the one behind many a Python's `sqlite3` has a bug in
the reset of the write-ahead log (sqlite.org/wal.html, "the WAL-reset bug") that can corrupt a
file written and checkpointed from two connections. WAL with `synchronous=FULL` flushes at each
commit. One thread owns the writing connection and commits whatever waits in one transaction, so
that one flush serves everybody who waits.

SQLite goes on with a file that was deleted, moved or replaced, and all that it is given then is
gone with the process. So nothing is acknowledged unless the file is in its place afterwards.

What could not be flushed may be taken for written ever after, also by a flush that succeeds
(Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). So nothing is
recorded after a flush that failed; and who opens a log writes what the last one may have left
unflushed once more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final, Generic, Self, TypeVar, TypeVarTuple

import apsw

from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StoreInUse, StoreUnavailable, StreamQuarantined
from clouds_edges.eventsourcing.place import Place
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
from clouds_edges.eventsourcing.sqlite_files import cannot_open, keep_private
from clouds_edges.eventsourcing.sqlite_reader import Reader
from clouds_edges.eventsourcing.sqlite_writer import Answer, Waiting, Writer, end_of, outcome_in
from clouds_edges.eventsourcing.store import Append, Appended, Committed, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

E = TypeVar("E")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_LOG: Final = logging.getLogger(__name__)
_LOOK_EVERY: Final = 1.0
"""Seconds after which a writer who has nothing to do looks after the file."""
_OUT_OF_PLACE: Final = (
    "nothing is recorded any more, because the event log of the server was deleted, moved or "
    "replaced: tell who runs the server"
)
_NOT_FLUSHED: Final = (
    "nothing is recorded any more, because the disk of the server has failed: tell who runs the "
    "server"
)
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


class SQLiteStore(Generic[E]):
    """An `EventStore` in a file; use it as an asynchronous context manager.

    Raises:
        StoreInUse: Another process writes to the file.
        StoreUnavailable: The file cannot be opened or made.
    """

    def __init__(self, path: Path, codec: Codec[E], *, synchronous: str = "FULL") -> None:
        """Open or make the file; anything but FULL loses acknowledged events with the power."""
        self._path = path
        self._subscribers: list[Committed[E]] = []
        with ExitStack() as stack:
            try:
                stack.callback(locked(path.with_suffix(".lock")).close)
                self._writer = Writer(opened(path, synchronous), codec)
                stack.callback(self._writer.connection.close)
                self._reader = Reader(
                    apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY), codec
                )
                stack.callback(self._reader.connection.close)
                self._place = Place(path, path.with_name(f"{path.name}-wal"))
            except apsw.Error as error:
                trouble = cannot_open(f"the event log {path}", error)
                raise trouble from error
            self._connections = stack.pop_all()
        self._is_closed = False
        self._trouble: str | None = None
        self._refusal = ""
        self._waiting: queue.SimpleQueue[Waiting[E] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="event-log-writer")
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="event-log-reader")

    async def __aenter__(self) -> Self:
        """Begin to write, on behalf of the running loop."""
        self._loop = asyncio.get_running_loop()
        with ExitStack() as stack:
            stack.callback(self._connections.close)
            stack.callback(self._reading.shutdown)
            try:
                await self._loop.run_in_executor(self._reading, self._reader.look_whole)
            except apsw.Error as error:
                trouble = cannot_open(f"the event log {self._path}", error)
                raise trouble from error
            stack.pop_all()
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
        await asyncio.to_thread(self._reading.shutdown)
        self._connections.close()

    @property
    def quarantined(self) -> Mapping[StreamName, StreamQuarantined]:
        """See `EventStore.quarantined`."""
        return self._reader.quarantined

    @property
    def trouble(self) -> str | None:
        """See `EventStore.trouble`."""
        return self._trouble

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
        return await self._read(outcome_in, self._reader.connection, by, command_id, body)

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[E]]:
        """See `EventStore.read_stream`."""
        return await self._read(self._reader.read_stream, stream, after)

    async def read_sound(self, stream: StreamName) -> Sequence[Recorded[E]]:
        """See `EventStore.read_sound`."""
        return await self._read(self._reader.read_sound, stream)

    async def head_at(self, stream: StreamName, version: int) -> bytes | None:
        """See `EventStore.head_at`."""
        return await self._read(self._reader.head_at, stream, version)

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[E]]:
        """See `EventStore.read_log`."""
        return await self._read(self._reader.read_log, after, limit)

    async def end(self) -> Checkpoint:
        """See `EventStore.end`."""
        return await self._read(end_of, self._reader.connection)

    async def _read(self, read: Callable[[*Ts], T], *arguments: *Ts) -> T:
        self._check_open()
        try:
            return await self._loop.run_in_executor(self._reading, read, *arguments)
        except apsw.Error as error:
            message = f"the event log cannot be read: {error}"
            raise StoreUnavailable(message) from error

    def _check_open(self) -> None:
        if self._is_closed:
            message = "the event log is closed"
            raise StoreUnavailable(message)

    def _write(self) -> None:
        """The writer's thread: take whatever waits, commit it at once, hand the answers over."""
        stopping = False
        while not stopping:
            taken = self._taken()
            stopping = None in taken
            batch = [waiting for waiting in taken if waiting is not None]
            answers: Sequence[Answer[E]] = ()
            if self._trouble is None:
                answers = self._writer.commit(batch) if batch else ()
                self._look_after_file()
            if self._trouble is not None:
                answers = [(future, StoreUnavailable(self._refusal)) for _, future in batch]
            if answers:
                self._loop.call_soon_threadsafe(self._hand_over, answers)

    def _taken(self) -> list[Waiting[E] | None]:
        """Everything that waits, once there is something; nothing when that takes long."""
        try:
            taken = [self._waiting.get(timeout=_LOOK_EVERY)]
        except queue.Empty:
            return []
        while not self._waiting.empty():
            taken.append(self._waiting.get())
        return taken

    def _look_after_file(self) -> None:
        """Record nothing more in a file that does not keep it."""
        if not self._place.is_held:
            self._refusal = _OUT_OF_PLACE
            self._rescue()
        elif (error := self._writer.failed_flush) is not None:
            self._refusal = _NOT_FLUSHED
            self._stop(
                f"{self._path.name} could not be flushed to the disk ({error}); what "
                "was acknowledged before is kept: look after the disk, then start the server "
                "again"
            )

    def _stop(self, trouble: str) -> None:
        """Record nothing more, and say why."""
        self._trouble = trouble
        _LOG.critical("nothing is recorded in %s any more: %s", self._path.parent, trouble)

    def _rescue(self) -> None:
        """Copy what the process still holds of a file that is not in its place any more."""
        copy = _free(self._path.with_suffix(".rescued.db"))
        name = self._path.name
        happened = f"{name} or its -wal was deleted, moved or replaced"
        self._trouble = f"{happened}, and a copy is being made of what it held"
        advice = (
            f"stop the server, put {copy.name} in the place of {name}, with no -wal or -shm "
            "beside it, and start again"
        )
        keep_private(copy)
        try:
            with (
                closing(apsw.Connection(str(copy))) as target,
                target.backup("main", self._writer.connection, "main") as backup,
            ):
                backup.step()
        except (apsw.Error, OSError) as error:
            advice = (
                f"no copy can be made ({error}), and only process {os.getpid()} still has it: save "
                "it out of its open files before you stop the server"
            )
        self._stop(f"{happened}: {advice}")

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
    keep_private(path)
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")  # to its end, where it fails if the disk does
    connection.pragma("synchronous", synchronous)
    connection.execute(_SCHEMA)
    connection.wal_checkpoint()  # writes, and flushes, what a killed process may not have flushed
    return connection


def locked(path: Path) -> apsw.Connection:
    """Hold a lock for as long as the connection is open; it goes with the process."""
    keep_private(path)
    connection = apsw.Connection(str(path))
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except apsw.BusyError as error:
        connection.close()
        message = f"another server is writing to {path.parent}: stop it, or choose another folder"
        raise StoreInUse(message) from error
    return connection


def _free(path: Path) -> Path:
    """The path, or the first like it at which there is nothing."""
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
