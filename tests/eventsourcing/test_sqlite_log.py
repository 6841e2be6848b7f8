import logging
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_log import SQLiteLog
from tests.eventsourcing.lamp import ATTIC, CODEC, Event, Labelled, TurnedOff, TurnedOn, to_append


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A log of seven events; those of the attic are at 3 and 6."""
    path = tmp_path / "events.db"
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn(), Labelled("x" * 100)))
        await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="attic"))
        await store.append(to_append(TurnedOff(), TurnedOn(), after=2, command_id="more"))
        await store.append(to_append(TurnedOff(), stream=ATTIC, after=1, command_id="attic, more"))
        await store.append(to_append(TurnedOff(), after=4, command_id="most"))
    return path


@pytest.fixture
def log(path: Path) -> Iterator[SQLiteLog[Event]]:
    log = SQLiteLog(path, CODEC)
    yield log
    log.close()


def _positions(log: SQLiteLog[Event], after: int = BEGINNING, size: int = 100) -> list[list[int]]:
    return [[one.position for one in batch] for batch in log.batches(Checkpoint(after), size)]


def _tamper(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


async def test_events_are_those_of_the_store(path: Path, log: SQLiteLog[Event]) -> None:
    async with SQLiteStore(path, CODEC) as store:
        assert [*log.batches(BEGINNING, 100)] == [await store.read_log(BEGINNING, 100)]


def test_events_come_in_batches_up_to_the_end(log: SQLiteLog[Event]) -> None:
    assert _positions(log, size=3) == [[1, 2, 3], [4, 5, 6], [7]]
    assert _positions(log, after=4, size=3) == [[5, 6, 7]]
    assert _positions(log, after=7) == []


def test_an_event_is_found_by_its_position(log: SQLiteLog[Event]) -> None:
    found = log.at(Checkpoint(3))
    assert found is not None
    assert (found.position, found.stream) == (3, ATTIC)
    assert log.at(Checkpoint(8)) is None


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE events SET kind = 'unheard_of' WHERE position = 3",
        "UPDATE events SET data = x'7b7d' WHERE position = 3",
        "UPDATE events SET actor = 'bob' WHERE position = 3",
        "UPDATE events SET at = at + 1 WHERE position = 3",
        "UPDATE events SET hash = x'00' WHERE position = 3",
    ],
)
def test_a_stream_ends_where_an_event_is_not_what_was_recorded(
    path: Path, log: SQLiteLog[Event], tampering: str, caplog: pytest.LogCaptureFixture
) -> None:
    _tamper(path, tampering)
    assert _positions(log, size=3) == [[1, 2], [4, 5], [7]]
    assert "lamp/attic is left out from version 1 on: " in caplog.text
    assert log.at(Checkpoint(3)) is None


def test_the_chain_is_checked_from_the_middle_of_a_stream_on(
    path: Path, log: SQLiteLog[Event]
) -> None:
    assert _positions(log, after=4) == [[5, 6, 7]]
    _tamper(path, "UPDATE events SET hash = x'00' WHERE position = 3")
    other = SQLiteLog(path, CODEC)
    assert _positions(other, after=4) == [[5, 7]]
    other.close()


def test_a_stream_ends_where_an_event_is_missing(path: Path, log: SQLiteLog[Event]) -> None:
    _tamper(path, "DELETE FROM events WHERE position = 3")
    assert _positions(log) == [[1, 2, 4, 5, 7]]


def test_a_batch_of_which_nothing_can_be_read_is_passed_over(
    path: Path, log: SQLiteLog[Event], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    _tamper(path, "UPDATE events SET kind = 'unheard_of' WHERE position IN (1, 3)")
    assert _positions(log, size=3) == []


async def test_what_is_committed_meanwhile_is_read_too(path: Path, log: SQLiteLog[Event]) -> None:
    batches = log.batches(BEGINNING, 7)
    assert len(next(batches)) == 7
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn(), after=5, command_id="now"))
        assert [one.position for one in next(batches)] == [8]


def test_a_log_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="the event log cannot be read: "):
        SQLiteLog(tmp_path / "nowhere.db", CODEC)


def test_a_log_that_is_none_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"nothing that SQLite knows" * 100)
    log = SQLiteLog(tmp_path / "events.db", CODEC)
    with pytest.raises(StoreUnavailable, match="the event log cannot be read: "):
        _positions(log)
    log.close()
