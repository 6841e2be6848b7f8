"""Read models: tables folded from the log, each by a runner that pulls from its own checkpoint.

Rows and checkpoint change in one transaction, so a crash leaves neither ahead of the other. The
file can be deleted at any time: everything in it comes from the log.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import apsw

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clouds_edges.eventsourcing.feed import Feed

E = TypeVar("E")
E_contra = TypeVar("E_contra", contravariant=True)

_LOG: Final = logging.getLogger(__name__)
_SAVE_EVERY: Final = 1000
"""After how many events without effect a checkpoint is saved all the same."""


class Projection(Protocol[E_contra]):
    """A read model: its tables, the events it cares for, and what each does to the rows."""

    @property
    def name(self) -> str:
        """Under which its checkpoint is kept."""

    @property
    def tables(self) -> str:
        """The statements of SQL that make the tables if they are not there."""

    @property
    def events(self) -> tuple[type, ...]:
        """What `apply` is called for."""

    def apply(self, recorded: Recorded[E_contra], rows: apsw.Connection) -> None:
        """Change the rows; called once for each event of `events`, in the order of the log."""
        ...


class CheckpointFile:
    """A SQLite file that remembers by name how far readers of the log have come.

    Not flushed at each change: after a power cut a reader may begin further back, never ahead.
    The connection is for one thread at a time: hold `lock` while using it.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible."""
        self.lock = threading.RLock()
        try:
            self.connection = apsw.Connection(str(path))
            self.connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS checkpoints "
                "(name TEXT PRIMARY KEY, checkpoint INTEGER NOT NULL) STRICT, WITHOUT ROWID"
            )
        except apsw.Error as error:
            message = f"{path} cannot be opened: {error}"
            raise StoreUnavailable(message) from error

    def load(self, name: str) -> Checkpoint:
        """How far this reader has come; the beginning if it is new."""
        sql = "SELECT checkpoint FROM checkpoints WHERE name = ?"
        with self.lock:
            found = self.connection.execute(sql, (name,)).get
        return BEGINNING if found is None else Checkpoint(found)

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Remember how far this reader has come; raises `StoreUnavailable`."""
        sql = "INSERT INTO checkpoints VALUES (?, ?) ON CONFLICT DO UPDATE SET checkpoint = ?2"
        try:
            with self.lock:
                self.connection.execute(sql, (name, checkpoint))
        except apsw.Error as error:
            message = f"the checkpoint of {name} cannot be saved: {error}"
            raise StoreUnavailable(message) from error

    def reader(self) -> apsw.Connection:
        """Another connection, for reading only."""
        return apsw.Connection(self.connection.filename, flags=apsw.SQLITE_OPEN_READONLY)

    def close(self) -> None:
        """Close the file, once nobody is in the middle of a transaction."""
        with self.lock:
            self.connection.close()


class ProjectionRunner(Generic[E]):
    """Keeps one read model up to date; its failure stops nothing else."""

    def __init__(self, projection: Projection[E], file: CheckpointFile, feed: Feed[E]) -> None:
        self.failure: Exception | None = None
        self._projection = projection
        self._file = file
        self._feed = feed
        file.connection.execute(projection.tables)

    async def run(self) -> None:
        """Apply events as they come, until cancelled; on an error stop, and keep it."""
        try:
            saved = self._file.load(self._projection.name)
            async for batch in self._feed.follow(saved):  # pragma: no branch - has no end
                wanted = [one for one in batch if isinstance(one.event, self._projection.events)]
                if wanted or batch[-1].position - saved >= _SAVE_EVERY:
                    saved = batch[-1].position
                    await asyncio.to_thread(self._apply, wanted, saved)
        except Exception as error:  # noqa: BLE001 - whatever it is, it stops this model only
            self.failure = error
            _LOG.exception("the read model %s has stopped", self._projection.name)

    def _apply(self, wanted: Sequence[Recorded[E]], checkpoint: Checkpoint) -> None:
        with self._file.lock, self._file.connection:
            for recorded in wanted:
                self._projection.apply(recorded, self._file.connection)
            self._file.save(self._projection.name, checkpoint)
