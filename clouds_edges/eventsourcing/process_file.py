"""What processes remember, in one SQLite file: how far they are, what is stuck, which timers run.

The file follows the log and can be lost: the processes then begin again at the beginning, and the
store answers the commands they repeat with the first outcomes. A damaged one is put aside.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.opening import keep_private
from clouds_edges.eventsourcing.read_model_file import put_aside
from clouds_edges.eventsourcing.recorded import (
    BEGINNING,
    NOTHING,
    Checkpoint,
    Reached,
    from_microseconds,
    microseconds,
)
from clouds_edges.eventsourcing.stuck import Failing, Occasion, Waiting
from clouds_edges.eventsourcing.timers import Timer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from clouds_edges.eventsourcing.timers import TimerKey

_LOG: Final = logging.getLogger(__name__)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS checkpoints (
    process TEXT PRIMARY KEY, checkpoint INTEGER NOT NULL,
    known INTEGER NOT NULL, hash BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fired (
    process TEXT PRIMARY KEY, until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timers (
    process TEXT NOT NULL, stream TEXT NOT NULL, name TEXT NOT NULL, due INTEGER NOT NULL,
    position INTEGER NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (process, stream, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failing (
    process TEXT NOT NULL, stream TEXT NOT NULL, place INTEGER NOT NULL, tries INTEGER NOT NULL,
    error TEXT NOT NULL, parked INTEGER NOT NULL,
    PRIMARY KEY (process, stream)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (
    process TEXT NOT NULL, stream TEXT NOT NULL, place INTEGER NOT NULL,
    position INTEGER NOT NULL, version INTEGER NOT NULL, timer TEXT, due INTEGER,
    PRIMARY KEY (process, stream, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skipped (
    process TEXT NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (process, position)
) STRICT, WITHOUT ROWID;
"""
_TABLES: Final = ("checkpoints", "fired", "timers", "failing", "waiting", "skipped")


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is remembered of a process; it holds for a log that has the event `known`."""

    checkpoint: Checkpoint = BEGINNING
    known: Reached = NOTHING
    fired_until: datetime | None = None
    timers: tuple[Timer, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    failing: tuple[Failing, ...] = ()
    skipped: frozenset[Checkpoint] = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """What has changed since a process was last saved, to be remembered together or not at all.

    `set` and `gone` are timers, `waiting` has become so; `failing` tells the streams that are
    stuck, what waited before its place has been done; `freed` are those that are not any more.
    """

    checkpoint: Checkpoint
    known: Reached
    fired_until: datetime | None = None
    set: tuple[Timer, ...] = ()
    gone: tuple[TimerKey, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    failing: tuple[Failing, ...] = ()
    freed: tuple[StreamName, ...] = ()
    skipped: tuple[Checkpoint, ...] = ()
    is_chosen: bool = False
    """Whether it is somebody's choice, which is durable when it is saved."""


class ProcessFile:
    """The file of all processes of a server.

    Not flushed at each change: after a power cut a process may begin further back, never ahead.
    What it did is done again then, timers fire again, and the ids of the commands sort it out; but
    that somebody chose to skip something cannot be found out again, and is flushed.
    One thread writes, so that what was saved first is written first, whoever was cancelled.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible."""
        self._lock = threading.Lock()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="process-file")
        with _trouble(f"{path} cannot be opened"):
            try:
                self._connection = _opened(path)
            except (apsw.CorruptError, apsw.NotADBError):
                put_aside(path)
                self._connection = _opened(path)

    def load(self, name: str) -> Kept:
        """What is remembered of a process; nothing if it is new. Raises `StoreUnavailable`."""
        with self._lock, _trouble(f"what {name} remembers cannot be read"):
            return Kept(
                *self._checkpoint(name),
                _time(self._number("SELECT until FROM fired WHERE process", name)),
                tuple(self._timers(name)),
                tuple(self._waiting(name)),
                tuple(self._failing(name)),
                frozenset(self._skipped(name)),
            )

    async def save(self, name: str, change: Change) -> None:
        """Remember a change in one transaction; raises `StoreUnavailable`.

        Who is cancelled meanwhile does not know whether it was saved; saving it again is no harm.
        """
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._save, name, change)

    async def forget(self, name: str) -> None:
        """Remember nothing of a process any more; raises `StoreUnavailable`."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._writer, self._forget, name)

    def close(self) -> None:
        """Write what is to be saved, then close the file."""
        self._writer.shutdown()
        self._connection.close()

    def _save(self, name: str, change: Change) -> None:
        synchronous = "FULL" if change.is_chosen else "NORMAL"
        with self._lock, _trouble(f"what {name} remembers cannot be saved"):
            self._connection.execute(f"PRAGMA synchronous = {synchronous}")
            with self._connection:
                self._save_checkpoint(name, change)
                self._save_timers(name, change)
                self._save_stuck(name, change)

    def _forget(self, name: str) -> None:
        with self._lock, _trouble(f"what {name} remembers cannot be forgotten"), self._connection:
            for table in _TABLES:
                self._connection.execute(f"DELETE FROM {table} WHERE process = ?", (name,))  # noqa: S608 - of ours

    def _save_checkpoint(self, name: str, change: Change) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)",
            (name, change.checkpoint, change.known.position, change.known.hash),
        )
        if change.fired_until is not None:
            self._connection.execute(
                "INSERT INTO fired VALUES (?, ?) ON CONFLICT DO UPDATE SET until = ?2",
                (name, microseconds(change.fired_until)),
            )

    def _save_timers(self, name: str, change: Change) -> None:
        self._connection.executemany(
            "DELETE FROM timers WHERE process = ? AND stream = ? AND name = ?",
            [(name, *key) for key in change.gone],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?, ?)",
            [
                (name, one.stream, one.name, microseconds(one.due), one.position, one.version)
                for one in change.set
            ],
        )

    def _save_stuck(self, name: str, change: Change) -> None:
        self._connection.executemany(
            "INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?, ?, ?, ?)",
            [_row(name, one) for one in change.waiting],
        )
        self._connection.executemany(
            "DELETE FROM waiting WHERE process = ? AND stream = ? AND place < ?",
            [(name, one.stream, one.place) for one in change.failing],
        )
        self._connection.executemany(
            "INSERT OR REPLACE INTO failing VALUES (?, ?, ?, ?, ?, ?)",
            [
                (name, one.stream, one.place, one.tries, one.error, one.is_parked)
                for one in change.failing
            ],
        )
        for table in ("waiting", "failing"):
            self._connection.executemany(
                f"DELETE FROM {table} WHERE process = ? AND stream = ?",  # noqa: S608 - of ours
                [(name, stream) for stream in change.freed],
            )
        self._connection.executemany(
            "INSERT OR REPLACE INTO skipped VALUES (?, ?)",
            [(name, position) for position in change.skipped],
        )

    def _checkpoint(self, process: str) -> tuple[Checkpoint, Reached]:
        sql = "SELECT checkpoint, known, hash FROM checkpoints WHERE process = ?"
        for checkpoint, known, head in self._connection.execute(sql, (process,)):
            return Checkpoint(checkpoint), Reached(Checkpoint(known), head)
        return BEGINNING, NOTHING

    def _number(self, select: str, name: str) -> int | None:
        found: int | None = self._connection.execute(f"{select} = ?", (name,)).get
        return found

    def _timers(self, process: str) -> Iterator[Timer]:
        sql = "SELECT stream, name, due, position, version FROM timers WHERE process = ?"
        for stream, name, due, position, version in self._connection.execute(sql, (process,)):
            yield Timer(
                StreamName(stream), name, from_microseconds(due), Checkpoint(position), version
            )

    def _waiting(self, process: str) -> Iterator[Waiting]:
        sql = (
            "SELECT place, stream, position, version, timer, due FROM waiting "
            "WHERE process = ? ORDER BY place"
        )
        for place, stream, position, version, name, due in self._connection.execute(
            sql, (process,)
        ):
            where = StreamName(stream), Checkpoint(position), version
            timer = None
            if name is not None:
                timer = Timer(where[0], name, from_microseconds(due), where[1], version)
            yield Waiting(place, Occasion(*where, timer))

    def _failing(self, process: str) -> Iterator[Failing]:
        sql = "SELECT stream, place, tries, error, parked FROM failing WHERE process = ?"
        for stream, place, tries, error, parked in self._connection.execute(sql, (process,)):
            yield Failing(StreamName(stream), place, tries, error, bool(parked))

    def _skipped(self, process: str) -> Iterator[Checkpoint]:
        sql = "SELECT position FROM skipped WHERE process = ?"
        for (position,) in self._connection.execute(sql, (process,)):
            yield Checkpoint(position)


def _row(process: str, waiting: Waiting) -> tuple[str, str, int, int, int, str | None, int | None]:
    one = waiting.occasion
    name, due = (one.timer.name, microseconds(one.timer.due)) if one.timer else (None, None)
    return process, one.stream, waiting.place, one.position, one.version, name, due


def _time(count: int | None) -> datetime | None:
    return None if count is None else from_microseconds(count)


def _opened(path: Path) -> apsw.Connection:
    """A connection to the file, which is made if it is not there."""
    keep_private(path)
    connection = apsw.Connection(str(path))
    with ExitStack() as opened:
        opened.callback(connection.close)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        with connection:
            _drop_older_tables(connection, path)
            connection.execute(_SCHEMA)
        opened.pop_all()
    return connection


def _drop_older_tables(connection: apsw.Connection, path: Path) -> None:
    """Let what is remembered without a known event be gone: nobody knows of which log it is."""
    sql = "SELECT name FROM pragma_table_info('checkpoints')"
    columns = connection.execute(sql).fetchall()
    if columns and ("known",) not in columns:
        _LOG.warning("%s was made by another version of the program: it is made anew", path)
        for table in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {table}")


@contextmanager
def _trouble(what: str) -> Iterator[None]:
    """Say what could not be done when SQLite cannot do it."""
    try:
        yield
    except apsw.Error as error:
        message = f"{what}: {error}"
        raise StoreUnavailable(message) from error
