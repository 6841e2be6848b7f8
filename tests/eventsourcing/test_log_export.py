"""A log out into a file: of every store alike, beside a writer, and in little memory."""

import asyncio
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from clouds_edges.eventsourcing.errors import (
    StoreDamaged,
    StoreUnavailable,
)
from clouds_edges.eventsourcing.log_transfer import Imported, export_log
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_log import extending, reading
from tests.eventsourcing.lamp import (
    CODEC,
    TurnedOff,
    to_append,
)
from tests.eventsourcing.log_files import (
    HISTORY,
    all_of,
    change_by,
    exported,
    imported,
    long_log,
    recorded_log,
    two_commands,
)

ENTRIES: Final = all_of(recorded_log(HISTORY))
FILE: Final = exported(MemoryLog(ENTRIES))


async def test_stores_export_the_same(tmp_path: Path) -> None:
    in_memory = MemoryLog()
    await two_commands(MemoryStore(CODEC, in_memory))
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        await two_commands(store)

    with reading(tmp_path / "events.db") as log:
        assert exported(log) == exported(in_memory)


async def test_an_export_beside_a_writer_holds_what_there_was_when_it_began(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    async with SQLiteStore(path, CODEC) as store:
        await two_commands(store)

        def export() -> bytes:
            with reading(path) as log:
                lines = export_log(log, BEGINNING, log.end())
                first = next(lines)
                asyncio.run_coroutine_threadsafe(append(), loop).result(10)
                return first + b"".join(lines)

        async def append() -> None:
            await store.append(to_append(TurnedOff(), after=3, command_id="third"))

        loop = asyncio.get_running_loop()
        file = await asyncio.to_thread(export)
        assert await store.end() == 4

    assert imported(file, MemoryLog()) == Imported(3, Checkpoint(3))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("DELETE FROM events WHERE position = 3", "event 3 is gone from the log"),
        ("UPDATE events SET actor = 'bob' WHERE position = 1", "lamp/hall was changed after"),
        ("DELETE FROM commands WHERE id = '0'", "the command behind lamp/hall@2 has lost"),
        ("DELETE FROM commands WHERE id = '2'", "the command behind lamp/hall@3 has lost"),
        ("DROP TABLE commands", "the event log cannot be used: "),
    ],
)
def test_a_log_that_is_not_whole_is_not_exported_to_its_end(
    tmp_path: Path, sql: str, reason: str
) -> None:
    path = tmp_path / "events.db"
    with extending(path) as log:
        imported(FILE, log)
    change_by(path, "SELECT * FROM events")
    with reading(path) as log:
        assert exported(log) == FILE  # the control
    change_by(path, sql)

    with reading(path) as log, pytest.raises(StoreUnavailable, match=reason):
        exported(log)


def test_an_export_behind_an_event_that_is_gone_is_refused() -> None:
    with pytest.raises(StoreDamaged, match="event 5 is gone from the log"):
        exported(MemoryLog(ENTRIES), after=5)


def test_a_file_that_is_no_log_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    path.write_bytes(b"Dear diary, " * 100)
    with reading(path) as log, pytest.raises(StoreDamaged, match="file is not a database"):
        log.end()


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open"), reading(tmp_path / "events.db"):
        pass


def test_an_export_needs_no_more_memory_for_a_longer_log(tmp_path: Path) -> None:
    short = _peak(tmp_path / "short.db", 4_000, _one_by_one)
    assert _peak(tmp_path / "long.db", 12_000, _one_by_one) < 1.2 * short


def test_all_lines_at_once_would(tmp_path: Path) -> None:
    """The control of the test above."""
    short = _peak(tmp_path / "short.db", 4_000, list)
    assert _peak(tmp_path / "long.db", 12_000, list) > 1.8 * short


def _one_by_one(lines: Iterator[bytes]) -> None:
    for _ in lines:
        pass


def _peak(path: Path, events: int, consume: Callable[[Iterator[bytes]], object]) -> int:
    """The most memory in use at a time while a log is exported."""
    with extending(path) as log:
        log.add(all_of(long_log(events)))
        tracemalloc.start()
        consume(export_log(log, BEGINNING, log.end()))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak
