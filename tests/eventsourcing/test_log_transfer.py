"""A log out into a file and in again, all of it or nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import (
    LogFileRefused,
    StoreInUse,
    StoreUnavailable,
    VersionConflict,
)
from clouds_edges.eventsourcing.log_entry import LogEntry, StoredLog
from clouds_edges.eventsourcing.log_file import Header, Key, log_file
from clouds_edges.eventsourcing.log_transfer import Imported, LogImport, export_log
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_log import SQLiteLog, extending
from clouds_edges.eventsourcing.store import EventStore
from clouds_edges.eventsourcing.verify import Folding
from tests.eventsourcing.lamp import (
    ATTIC,
    CODEC,
    HALL,
    LAMP_DECIDER,
    Event,
    TurnedOff,
    TurnedOn,
    to_append,
)
from tests.eventsourcing.log_files import (
    HISTORY,
    Histories,
    all_of,
    chained,
    change_by,
    changed,
    exported,
    histories,
    imported,
    lamps,
    long_log,
    recorded_log,
    two_commands,
    with_encoded,
    written,
)

ENTRIES: Final = all_of(recorded_log(HISTORY))
FILE: Final = exported(MemoryLog(ENTRIES))


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoredLog]:
    """Every kind of log, empty; a new one joins the contract here."""
    if request.param == "memory":
        yield MemoryLog()
    else:
        with extending(tmp_path / "events.db") as sqlite:
            yield sqlite


def refused(file: bytes, log: StoredLog) -> str:
    """The refusal of an import that leaves the log as it was."""
    before = all_of(log)
    with pytest.raises(LogFileRefused) as caught:
        imported(file, log)
    assert all_of(log) == before
    return f"{caught.value.line}: {caught.value.reason}"


@given(histories)
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_out_in_and_out_again_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, commands: Histories
) -> None:
    file = exported(recorded_log(commands))
    in_memory = MemoryLog()
    with extending(tmp_path_factory.mktemp("log") / "events.db") as in_file:
        for log in (in_memory, in_file):
            imported(file, log)
            assert exported(log) == file
        assert all_of(in_file) == all_of(in_memory)


@given(histories, st.data())
@settings(max_examples=40)
def test_a_log_in_parts_is_the_whole_log(commands: Histories, data: st.DataObject) -> None:
    whole = recorded_log(commands)
    middle = Checkpoint(data.draw(st.sampled_from([0, *_ends_of_commands(whole)])))
    first = b"".join(export_log(whole, BEGINNING, middle))
    second = exported(whole, after=middle)
    copy = MemoryLog()

    imported(first, copy)
    imported(second, copy)

    assert all_of(copy) == all_of(whole)
    assert imported(exported(whole), copy) == Imported(0, whole.end())


def _ends_of_commands(log: StoredLog) -> list[int]:
    return [one.position for one in all_of(log) if one.body is not None]


def test_an_import_says_how_much_was_new(log: StoredLog) -> None:
    assert imported(FILE, log) == Imported(4, Checkpoint(4))
    assert imported(FILE, log) == Imported(0, Checkpoint(4))


def test_a_file_that_ends_before_the_log_brings_nothing(log: StoredLog) -> None:
    imported(FILE, log)
    shorter = b"".join(export_log(log, BEGINNING, Checkpoint(3)))
    assert imported(shorter, log) == Imported(0, Checkpoint(4))


KEYS: Final[list[Key]] = [("ann", bytes(32)), ("bob", bytes(range(32)))]


def test_keys_are_kept_every_time(log: StoredLog) -> None:
    file = exported(MemoryLog(ENTRIES), keys=KEYS)
    kept: list[Key] = []

    def keep(keys: Iterable[Key]) -> int:
        kept.extend(keys)
        return 1

    taking = LogImport(log, CODEC, lamps, keep)
    with pytest.raises(LogFileRefused):
        taking.run(lambda _: BytesIO(file[:-1]), "a.log")
    assert kept == []
    for news in (4, 0):
        came = taking.run(lambda _: BytesIO(file), "a.log")
        assert came == Imported(news, Checkpoint(4), keys=1, other_keys=1)
    assert kept == KEYS * 2

    assert imported(file, MemoryLog()).other_keys == 2  # nobody keeps them


def test_events_are_not_stored_before_their_keys_are(log: StoredLog) -> None:
    file = exported(MemoryLog(ENTRIES), keys=KEYS)

    def killed(_: Iterable[Key]) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LogImport(log, CODEC, lamps, killed).run(lambda _: BytesIO(file), "a.log")
    assert all_of(log) == []


def test_keys_without_their_events_do_no_harm_to_the_repeat() -> None:
    file = exported(MemoryLog(ENTRIES), keys=KEYS)
    kept: dict[str, bytes] = {}

    def keep(keys: Iterable[Key]) -> int:
        return sum(kept.setdefault(owner, key) == key for owner, key in keys)

    log = _KilledBeforeTheCommit()
    with pytest.raises(KeyboardInterrupt):
        LogImport(log, CODEC, lamps, keep).run(lambda _: BytesIO(file), "a.log")
    assert (all_of(log), kept) == ([], dict(KEYS))

    again = LogImport(MemoryLog(), CODEC, lamps, keep).run(lambda _: BytesIO(file), "a.log")
    assert again == Imported(4, Checkpoint(4), keys=2)


class _KilledBeforeTheCommit(MemoryLog):
    def add(self, entries: Iterable[LogEntry]) -> None:
        list(entries)
        raise KeyboardInterrupt


def test_an_empty_log_can_be_moved_too(log: StoredLog) -> None:
    assert imported(exported(MemoryLog()), log) == Imported(0, BEGINNING)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (FILE.replace(b'"ann"', b'"bob"', 1), "2: was changed after it was written"),
        (
            changed(FILE, 2, b'"ann"', b'"bob"'),
            "2: lamp/hall was changed after it was recorded, at version 1",
        ),
        (
            changed(FILE, 5, b'"version":3', b'"version":4'),
            "5: lamp/hall@4 is not what comes next in its stream",
        ),
        (
            exported(with_encoded(MemoryLog(ENTRIES), 3, lambda one: replace(one, kind="blown"))),
            "5: no event of kind 'blown' is known to this version of the program",
        ),
        (
            exported(with_encoded(MemoryLog(ENTRIES), 0, lambda one: replace(one, schema=2))),
            "2: event 'turned_on' of schema version 2: the program is older than that",
        ),
        (
            exported(with_encoded(MemoryLog(ENTRIES), 0, lambda one: replace(one, data=b"{}9"))),
            "2: event 'turned_on' of schema version 1: its data does not fit",
        ),
        (
            exported(recorded_log([(StreamName("nostream/x"), [TurnedOn()])])),
            "2: nostream/x: there can be no such stream",
        ),
        (
            exported(recorded_log(HISTORY), after=2),
            "1: begins behind event 2, and the log here ends at 0: first import what is between",
        ),
        (
            written(ENTRIES[2:], after=2),
            "1: begins behind event 2, and the log here ends at 0: first import what is between",
        ),
        (
            written(chained(replace(one, command_id=CommandId("0")) for one in ENTRIES)),
            "4: ann has given command '0' before",
        ),
        (
            written(chained(replace(one, body=None) for one in ENTRIES)),
            "4: the command behind lamp/hall@2 has lost its last events or its record",
        ),
        (
            written(ENTRIES[:1]),
            "3: the command behind lamp/hall@1 has lost its last events or its record",
        ),
    ],
)
def test_a_refused_file_leaves_no_trace(log: StoredLog, file: bytes, reason: str) -> None:
    assert refused(file, log) == reason


def test_an_event_that_there_cannot_be_in_its_stream_is_refused(log: StoredLog) -> None:
    def without_labels(_: StreamName) -> Folding:
        return Folding(LAMP_DECIDER, (TurnedOn, TurnedOff))

    taking = LogImport(log, CODEC, without_labels)
    with pytest.raises(LogFileRefused, match=r"4: there can be no event of kind 'labelled' in"):
        taking.run(lambda _: BytesIO(FILE), "a.log")
    assert all_of(log) == []


OTHER: Final[Histories] = (HISTORY[0], (ATTIC, [TurnedOn()]), (HALL, [TurnedOn()]))


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (
            exported(recorded_log(OTHER)),
            "4: lamp/attic@1 is of another history: the log here has another event 3",
        ),
        (
            exported(recorded_log(OTHER), after=3),
            "1: continues another history: the log here has another event 3",
        ),
        (
            exported(recorded_log((*HISTORY, (ATTIC, [TurnedOn()]))), after=5),
            "1: begins behind event 5, and the log here ends at 4: first import what is between",
        ),
        (
            written([*ENTRIES[:3], replace(ENTRIES[3], body=bytes(32))]),
            "5: lamp/hall@3 is of another history: the log here has another event 4",
        ),
    ],
)
def test_a_log_with_another_history_is_refused(log: StoredLog, file: bytes, reason: str) -> None:
    imported(FILE, log)
    assert refused(file, log) == reason


def test_an_event_that_is_in_the_log_at_another_place_is_refused(log: StoredLog) -> None:
    log.add(ENTRIES[:3])
    follows = ENTRIES[2].hash
    again = replace(ENTRIES[0], position=Checkpoint(4), command_id=CommandId("4"))
    (sealed,) = chained([again])
    file = b"".join(
        log_file(Header(Checkpoint(3), follows), [replace(sealed, position=Checkpoint(4))])
    )
    assert refused(file, log) == "2: lamp/hall@1 is in the log here already, at another place"


def test_a_file_that_changes_while_it_is_read_leaves_no_trace(log: StoredLog) -> None:
    def opened(what: str) -> BytesIO:
        return BytesIO(FILE if what == "checking" else FILE[:-1])

    with pytest.raises(LogFileRefused, match="line 6: is cut off"):
        LogImport(log, CODEC, lamps).run(opened, "a.log")
    assert all_of(log) == []

    LogImport(log, CODEC, lamps).run(lambda _: BytesIO(FILE), "a.log")  # the control
    assert all_of(log) == ENTRIES


def test_nothing_is_opened_for_storing_before_all_is_checked(log: StoredLog) -> None:
    done: list[str] = []

    def opened(what: str) -> BytesIO:
        done.append(what)
        return BytesIO(FILE)

    for _ in range(2):
        LogImport(log, CODEC, lamps).run(opened, "a.log")
    assert done == ["checking", "storing", "checking"]


async def _expect_no_second_effect(store: EventStore[Event]) -> None:
    repeat = await store.append(to_append(TurnedOn(), TurnedOff()))
    assert (repeat.outcome.version, repeat.recorded) == (2, ())
    assert await store.end() == 3
    news = await store.append(to_append(TurnedOff(), after=3, command_id="third"))
    assert news.outcome.version == await store.end() == 4


async def test_a_command_given_again_after_an_import_has_no_second_effect(tmp_path: Path) -> None:
    first = MemoryLog()
    await two_commands(MemoryStore(CODEC, first))
    path, copy = tmp_path / "events.db", MemoryLog()
    with extending(path) as log:
        imported(exported(first), log)
    imported(exported(first), copy)

    await _expect_no_second_effect(MemoryStore(CODEC, copy))
    async with SQLiteStore(path, CODEC) as store:
        await _expect_no_second_effect(store)


async def test_without_the_commands_it_would_be_a_conflict(tmp_path: Path) -> None:
    """The control of the test above."""
    path = tmp_path / "events.db"
    async with SQLiteStore(path, CODEC) as store:
        await two_commands(store)
    change_by(path, "DELETE FROM commands")

    async with SQLiteStore(path, CODEC) as store:
        with pytest.raises(VersionConflict):
            await _expect_no_second_effect(store)


async def test_an_import_beside_a_writer_is_turned_away(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    async with SQLiteStore(path, CODEC):
        with pytest.raises(StoreInUse), extending(path):
            pass
    with extending(path) as log:
        imported(FILE, log)


def test_a_disk_that_fills_up_leaves_no_trace(tmp_path: Path) -> None:
    with extending(tmp_path / "events.db") as log:
        _set_most_pages(log, 10)
        with pytest.raises(StoreUnavailable, match="the event log cannot be used: "):
            imported(exported(long_log(300)), log)
        assert all_of(log) == []

        _set_most_pages(log, 1_000_000)
        assert imported(exported(long_log(300)), log).events == 300


def _set_most_pages(log: SQLiteLog, pages: int) -> None:
    log._connection.execute(  # noqa: SLF001 - SQLite has this limit a connection
        f"PRAGMA max_page_count = {pages}"
    )
