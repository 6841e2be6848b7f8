import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.read_model_file import (
    ReadModelFile,
    is_passing,
    opened,
    shape_of,
)
from clouds_edges.eventsourcing.recorded import BEGINNING, Reached, Recorded
from clouds_edges.eventsourcing.sqlite_files import replace
from tests.eventsourcing.lamp import CODEC, Event, TurnedOn, to_append
from tests.eventsourcing.lamp_models import Last, Switched

SWITCHED = Switched()


class _Crash(Exception):
    """The program ends here."""


class _Crashing(ReadModelFile[Event]):
    """Crashes when the rows are written and the checkpoint is not."""

    def _mark(self, _reached: Reached) -> None:
        raise _Crash


class _Careless(_Crashing):
    """The same, with rows and checkpoint in transactions of their own."""

    def advance(self, batch: Sequence[Recorded[Event]], reached: Reached) -> None:
        with self._writing.begin():
            self._projection.apply(batch, self._writing)
        self._mark(reached)


async def _total_after_a_crash(kind: type[ReadModelFile[Event]], path: Path) -> int:
    memory = MemoryStore(CODEC)
    await memory.append(to_append(TurnedOn(), TurnedOn(), TurnedOn()))
    file = kind(path, SWITCHED)
    batch = await memory.read_log(BEGINNING, 10)
    with pytest.raises(_Crash):
        file.advance(batch, Reached.by(batch[-1]))
    file.close()

    file = ReadModelFile(path, SWITCHED)
    batch = await memory.read_log(file.reached.position, 10)
    file.advance(batch, Reached.by(batch[-1]))
    total = file.read(SWITCHED.total)
    file.close()
    return total


async def test_after_a_crash_no_event_counts_twice(tmp_path: Path) -> None:
    assert await _total_after_a_crash(_Crashing, tmp_path / "switched.db") == 3


async def test_with_a_checkpoint_outside_the_transaction_events_count_twice(
    tmp_path: Path,
) -> None:
    """The control: without it, the test above would not have noticed."""
    assert await _total_after_a_crash(_Careless, tmp_path / "switched.db") == 6


def test_nothing_is_left_beside_a_closed_file(tmp_path: Path) -> None:
    file = opened(tmp_path / "switched.db", SWITCHED)
    assert file.read(SWITCHED.total) == 0
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["switched.db"]


def test_the_shape_of_a_read_model_is_that_of_its_tables() -> None:
    assert shape_of(Switched()) == shape_of(Switched("other"))
    assert shape_of(Switched()) != shape_of(Last())


def test_the_log_of_a_replaced_file_is_not_taken_for_that_of_the_new_one(tmp_path: Path) -> None:
    """Somebody who reads the old file keeps its write-ahead log alive."""
    old, new = tmp_path / "switched.db", tmp_path / "switched.rebuilding.db"
    opened(new, SWITCHED).close()
    file = opened(old, SWITCHED)
    reader = sqlite3.connect(old)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM lamps").fetchall()
    with file._writing.begin():  # noqa: SLF001 - rows that are in the write-ahead log only
        file._writing.execute(SWITCHED.lamps.insert().values(lamp="old", times=1))  # noqa: SLF001
    file.close()
    assert old.with_name("switched.db-wal").exists()

    replace(old, by=new)

    file = opened(old, SWITCHED)
    assert file.read(SWITCHED.total) == 0
    file.close()
    reader.close()


@pytest.mark.parametrize(
    ("code", "passes"),
    [
        (sqlite3.SQLITE_BUSY_SNAPSHOT, True),
        (sqlite3.SQLITE_IOERR_FSYNC, True),
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_READONLY_DBMOVED, True),
        (sqlite3.SQLITE_ERROR, False),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, False),
        (sqlite3.SQLITE_CORRUPT_INDEX, False),
    ],
)
def test_trouble_with_disk_and_locks_passes_and_no_other(code: int, *, passes: bool) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = code
    assert is_passing(DBAPIError(None, None, error)) is passes


def test_what_python_finds_wrong_with_a_statement_does_not_pass() -> None:
    assert not is_passing(DBAPIError(None, None, sqlite3.ProgrammingError()))


async def test_a_disk_that_fails_while_something_is_erased_is_told(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(TurnedOn()))
    log = await memory.read_log(BEGINNING, 1)
    path = tmp_path / "switched.db"
    file = opened(path, SWITCHED)
    file.advance(log, Reached.by(log[0]))
    (tmp_path / "switched.db-wal").write_bytes(b"")
    with pytest.raises(StoreUnavailable, match=r"nothing can be erased from .*switched.db: disk"):
        file.scrub()
    file.close()
