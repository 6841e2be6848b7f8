"""The file of the processes: everything of a step, or nothing of it."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import apsw
import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.process_file import Change, Kept, ProcessFile
from clouds_edges.eventsourcing.recorded import Checkpoint, Reached
from clouds_edges.eventsourcing.stuck import Failing, Occasion, Waiting
from clouds_edges.eventsourcing.timers import Timer
from tests.eventsourcing.lamp import ATTIC, HALL, NOON

TIMER: Final = Timer(HALL, "off", NOON + timedelta(microseconds=1), Checkpoint(3), 2)
OTHER: Final = Timer(ATTIC, "off", NOON, Checkpoint(4), 1)
WAITING: Final = (
    Waiting(1, Occasion(HALL, Checkpoint(5), 3)),
    Waiting(2, Occasion(HALL, Checkpoint(6), 4, Timer(HALL, "due", NOON, Checkpoint(6), 4))),
    Waiting(3, Occasion(ATTIC, Checkpoint(7), 2)),
)
FAILING: Final = (
    Failing(ATTIC, 3, 6, "LookupError: 7", is_parked=True),
    Failing(HALL, 1, 2, "LookupError: 5", is_parked=False),
)
KNOWN: Final = Reached(Checkpoint(12), b"hash")
CHANGE: Final = Change(
    Checkpoint(9),
    KNOWN,
    NOON,
    set=(OTHER, TIMER),
    waiting=WAITING,
    failing=FAILING,
    skipped=(Checkpoint(8),),
)
KEPT: Final = Kept(
    Checkpoint(9), KNOWN, NOON, (OTHER, TIMER), WAITING, FAILING, frozenset({Checkpoint(8)})
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "processes.db"


@pytest.fixture
def file(path: Path) -> Iterator[ProcessFile]:
    with closing(ProcessFile(path)) as file:
        yield file


async def test_nothing_is_known_of_a_new_process(file: ProcessFile) -> None:
    await file.save("first", CHANGE)
    assert file.load("second") == Kept()


async def test_what_was_saved_is_there_after_reopening(path: Path) -> None:
    with closing(ProcessFile(path)) as file:
        await file.save("first", CHANGE)
    with closing(ProcessFile(path)) as file:
        assert file.load("first") == KEPT


async def test_what_is_saved_again_is_no_harm(file: ProcessFile) -> None:
    for _ in range(2):
        await file.save("first", CHANGE)
    assert file.load("first") == KEPT


async def test_what_has_gone_is_forgotten_of_this_process_only(file: ProcessFile) -> None:
    for name in ("first", "second"):
        await file.save(name, CHANGE)
    await file.save("first", Change(Checkpoint(10), KNOWN, gone=((HALL, "off"),), freed=(ATTIC,)))
    failing = Failing(HALL, 2, 0, "", is_parked=False)
    await file.save("first", Change(Checkpoint(11), KNOWN, failing=(failing,)))

    assert file.load("first") == Kept(
        Checkpoint(11),
        KNOWN,
        NOON,
        (OTHER,),
        WAITING[1:2],
        (failing,),
        frozenset({Checkpoint(8)}),
    )
    assert file.load("second") == KEPT


@pytest.mark.parametrize(
    "table", ["checkpoints", "fired", "timers", "waiting", "failing", "skipped"]
)
async def test_a_change_is_saved_as_a_whole_or_not_at_all(
    path: Path, file: ProcessFile, table: str
) -> None:
    timer = replace(TIMER, name="before")
    await file.save("first", Change(Checkpoint(1), KNOWN, NOON - timedelta(days=1), set=(timer,)))
    kept = file.load("first")
    with closing(apsw.Connection(str(path))) as saboteur:
        for act in ("INSERT", "UPDATE"):
            saboteur.execute(
                f"CREATE TRIGGER no_{act} BEFORE {act} ON {table} "
                "BEGIN SELECT raise(ABORT, 'no more'); END"
            )

    with pytest.raises(StoreUnavailable, match=r"what first remembers cannot be saved: .*no more"):
        await file.save("first", CHANGE)

    assert file.load("first") == kept


async def test_a_change_in_two_halves_can_be_saved_in_half(path: Path, file: ProcessFile) -> None:
    """The control of the test above."""
    with closing(apsw.Connection(str(path))) as saboteur:
        saboteur.execute(
            "CREATE TRIGGER no BEFORE INSERT ON failing BEGIN SELECT raise(ABORT, 'no more'); END"
        )
    await file.save("first", replace(CHANGE, failing=(), waiting=()))
    with pytest.raises(StoreUnavailable):
        await file.save("first", CHANGE)
    assert file.load("first").checkpoint == CHANGE.checkpoint


async def test_a_process_that_is_forgotten_is_new(file: ProcessFile) -> None:
    for name in ("first", "second"):
        await file.save(name, CHANGE)

    await file.forget("first")

    assert file.load("first") == Kept()
    assert file.load("second") == KEPT


async def test_what_an_older_version_remembers_is_not_relied_on(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(apsw.Connection(str(path))) as older:
        older.execute(
            "CREATE TABLE checkpoints (name TEXT PRIMARY KEY, checkpoint INTEGER NOT NULL) "
            "STRICT, WITHOUT ROWID; INSERT INTO checkpoints VALUES ('first', 7);"
            "CREATE TABLE skipped (process TEXT NOT NULL, position INTEGER NOT NULL) STRICT;"
            "INSERT INTO skipped VALUES ('first', 3)"
        )
    with closing(ProcessFile(path)) as file:
        assert file.load("first") == Kept()
        await file.save("first", CHANGE)
    with closing(ProcessFile(path)) as file:
        assert file.load("first") == KEPT
    assert caplog.text.count("was made by another version of the program") == 1


async def test_only_what_somebody_chose_is_flushed_at_once(file: ProcessFile) -> None:
    """The setting that this rests on, when a transaction ends; FULL is 2, NORMAL is 1."""
    synchronous = partial(file._connection.pragma, "synchronous")  # noqa: SLF001 - a setting of this connection
    assert (file._connection.pragma("journal_mode"), synchronous()) == ("wal", 1)  # noqa: SLF001 - as above

    await file.save("first", replace(CHANGE, is_chosen=True))
    assert synchronous() == 2

    await file.save("first", CHANGE)
    assert synchronous() == 1


async def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r".*nowhere.* cannot be opened: "):
        ProcessFile(tmp_path / "nowhere" / "processes.db")


async def test_a_file_that_is_damaged_is_named(path: Path, file: ProcessFile) -> None:
    with closing(apsw.Connection(str(path))) as saboteur:
        saboteur.execute("DROP TABLE timers")
    with pytest.raises(StoreUnavailable, match="what first remembers cannot be read: no such"):
        file.load("first")


def test_a_file_that_is_no_database_is_put_aside_and_made_anew(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(b"Dear diary, " * 1000)
    with closing(ProcessFile(path)) as file:
        assert file.load("first") == Kept()
    assert path.with_name("processes.damaged.db").read_bytes().startswith(b"Dear diary")
    assert "processes.db is damaged: it is kept as processes.damaged.db" in caplog.text
