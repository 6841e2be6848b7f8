"""A read model whose rows are not what the log makes of it is found out."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from clouds_edges.eventsourcing.log_entry import StoredLog
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.read_model_file import opened
from clouds_edges.eventsourcing.recorded import Checkpoint, Reached
from clouds_edges.eventsourcing.sqlite_log import extending, reading
from clouds_edges.eventsourcing.verify_read_models import Compared, compare_read_models
from tests.eventsourcing.lamp import ATTIC, CODEC, HALL, Event, TurnedOff, TurnedOn
from tests.eventsourcing.lamp_models import Last, Switched
from tests.eventsourcing.log_files import all_of, recorded_log, with_encoded

LOG = recorded_log(
    [
        (HALL, [TurnedOn(), TurnedOff()]),
        (ATTIC, [TurnedOn()]),
        (HALL, [TurnedOn(), TurnedOff()]),
        (ATTIC, [TurnedOn()]),
    ]
)
SWITCHED, LAST = Switched(), Last()
MODELS: tuple[Projection[Event], ...] = (SWITCHED, LAST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Read models of which one follows the log to its end, the other for three events."""
    fold(tmp_path, SWITCHED, 5)
    fold(tmp_path, LAST, 3)
    return tmp_path


def fold(folder: Path, model: Projection[Event], events: int, log: StoredLog = LOG) -> None:
    batch = [entry.recorded(CODEC) for entry in all_of(log)[:events]]
    with closing(opened(folder / f"{model.name}.db", model)) as file:
        file.advance(batch, Reached.by(batch[-1]))


def compared(folder: Path, log: StoredLog = LOG) -> list[Compared]:
    return list(compare_read_models(MODELS, folder, log, CODEC))


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


WHOLE = [Compared("switched", Checkpoint(5), None), Compared("last", Checkpoint(3), None)]


def test_each_is_compared_at_its_own_checkpoint(folder: Path) -> None:
    assert compared(folder) == WHOLE


@pytest.mark.parametrize(
    ("sql", "difference"),
    [
        (
            "UPDATE lamps SET times = 7 WHERE lamp = 'lamp/hall'",
            "lamps has ('lamp/hall', 7) where the log makes ('lamp/hall', 2)",
        ),
        (
            "DELETE FROM lamps WHERE lamp = 'lamp/hall'",
            "lamps has nothing where the log makes ('lamp/hall', 2)",
        ),
        (
            "INSERT INTO lamps VALUES ('lamp/stairs', 1)",
            "lamps has ('lamp/stairs', 1) where the log makes nothing",
        ),
        ("DROP TABLE lamps", "its file cannot be read: no such table: lamps"),
        ("UPDATE checkpoint SET hash = x'00'", "it follows another log than this"),
        ("UPDATE checkpoint SET position = 9", "it follows another log than this"),
        (
            "UPDATE checkpoint SET position = 3, hash = (SELECT hash FROM other.checkpoint)",
            "lamps has ('lamp/hall', 2) where the log makes ('lamp/hall', 1)",
        ),
    ],
)
def test_a_difference_is_told(folder: Path, sql: str, difference: str) -> None:
    path = folder / "switched.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("ATTACH ? AS other", (str(folder / "last.db"),))
        connection.execute(sql)

    first, second = compared(folder)

    assert first.difference == difference
    assert second == WHOLE[1]


def test_what_is_not_there_is_no_difference(folder: Path) -> None:
    (folder / "switched.db").unlink()
    change(folder / "last.db", "UPDATE checkpoint SET shape = 'another'")
    assert compared(folder) == [Compared("switched", None, None), Compared("last", None, None)]
    assert compared(folder / "nowhere") == compared(folder)


def test_a_model_that_has_read_nothing_is_right(folder: Path) -> None:
    (folder / "switched.db").unlink()
    with closing(opened(folder / "switched.db", SWITCHED)):
        pass
    assert compared(folder)[0] == Compared("switched", Checkpoint(0), None)


@pytest.mark.parametrize("begin", [0, 4096])
def test_a_damaged_file_is_told_and_left_as_it_is(folder: Path, begin: int) -> None:
    path = folder / "switched.db"
    pages = path.read_bytes()
    path.write_bytes(pages[:begin] + b"\x55" * 4096 * 2 + pages[begin + 4096 * 2 :])
    before = path.read_bytes()

    first, second = compared(folder)

    assert first.difference is not None
    assert "its file cannot be read: " in first.difference
    assert second == WHOLE[1]
    assert path.read_bytes() == before


def test_a_stream_counts_up_to_its_first_unreadable_event(folder: Path) -> None:
    log = with_encoded(LOG, 1, lambda one: replace(one, kind="blown"))
    for model in MODELS:
        (folder / f"{model.name}.db").unlink()
        batch = [entry.recorded(CODEC) for entry in all_of(log) if entry.position in {1, 3, 6}]
        with closing(opened(folder / f"{model.name}.db", model)) as file:
            file.advance(batch, Reached.by(batch[-1]))
    assert [one.difference for one in compared(folder, log)] == [None, None]

    spoilt = MemoryLog([replace(one, at=one.at + (one.position == 2)) for one in all_of(LOG)])
    assert [one.difference for one in compared(folder, spoilt)] == [None, None]


def test_progress_is_told_and_a_long_log_is_read_in_parts(tmp_path: Path) -> None:
    log = recorded_log([(HALL, [TurnedOn()])] * 5000)
    fold(tmp_path, SWITCHED, 4999, log)
    told: list[tuple[int, int]] = []
    with extending(tmp_path / "events.db") as file:
        file.add(all_of(log))
    with reading(tmp_path / "events.db") as file:
        (found,) = compare_read_models(
            [SWITCHED], tmp_path, file, CODEC, lambda *progress: told.append(progress)
        )
    assert found == Compared("switched", Checkpoint(4999), None)
    assert told == [(2048, 4999), (4096, 4999), (4999, 4999)]


def test_nothing_to_compare_is_no_difference(tmp_path: Path) -> None:
    assert compare_read_models((), tmp_path, LOG, CODEC) == ()
