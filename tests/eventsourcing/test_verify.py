"""A log that was changed is found out; one that was not is not."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.decider import CommandId, Decider, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.log_entry import StoredLog
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import Checkpoint
from clouds_edges.eventsourcing.sqlite_log import extending, reading
from clouds_edges.eventsourcing.verify import (
    Damage,
    Folding,
    LogVerifier,
    StreamCheck,
    Verified,
    check_stream,
)
from tests.eventsourcing import lamp
from tests.eventsourcing.lamp import ATTIC, CODEC, HALL, LAMP_DECIDER, Lamp, TurnedOff, TurnedOn
from tests.eventsourcing.log_files import (
    HISTORY,
    Histories,
    all_of,
    chained,
    exported,
    histories,
    imported,
    lamps,
    recorded_log,
    with_encoded,
)

ENTRIES: Final = all_of(recorded_log(HISTORY))


def verified(log: StoredLog) -> Verified:
    return LogVerifier(log, CODEC, lamps).run()


def damages(log: StoredLog) -> list[str]:
    return [f"{damage.where}: {damage.what}" for damage in verified(log).damages]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with two commands in the hall and one in the attic."""
    path = tmp_path / "events.db"
    with extending(path) as log:
        imported(exported(MemoryLog(ENTRIES)), log)
    return path


@given(histories)
@settings(max_examples=40)
def test_a_log_as_it_was_recorded_has_no_damage(commands: Histories) -> None:
    log = recorded_log(commands)
    streams = {stream for stream, _ in commands}
    assert verified(log) == Verified(log.end(), log.end(), len(streams), ())


def test_a_file_that_nobody_touched_has_no_damage(path: Path) -> None:
    """The control of the test below."""
    with reading(path) as log:
        assert verified(log) == Verified(Checkpoint(4), 4, 2, ())


@pytest.mark.parametrize(
    ("sql", "damage"),
    [
        (
            "UPDATE events SET actor = 'bob' WHERE position = 2",
            "lamp/hall@2: lamp/hall was changed after it was recorded, at version 2",
        ),
        (
            "UPDATE events SET at = at + 1 WHERE position = 2",
            "lamp/hall@2: lamp/hall was changed after it was recorded, at version 2",
        ),
        (
            "UPDATE events SET hash = zeroblob(32) WHERE position = 2",
            "lamp/hall@2: lamp/hall was changed after it was recorded, at version 2",
        ),
        (
            "UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE position = 2",
            "lamp/hall@2: lamp/hall was changed after it was recorded, at version 2",
        ),
        (
            "UPDATE events SET stream = CAST(x'ff' AS TEXT) WHERE position = 2",
            "\N{REPLACEMENT CHARACTER}: there can be no such stream",
        ),
        (
            "UPDATE commands SET actor = CAST(x'ff' AS TEXT) WHERE id = '2'",
            "the log: command '2' of \N{REPLACEMENT CHARACTER} led to lamp/hall@3, which is gone",
        ),
        (
            "UPDATE events SET version = 7 WHERE position = 2",
            "lamp/hall@3: lamp/hall@3 is not what comes next in its stream",
        ),
        ("DELETE FROM events WHERE position = 2", "the log: positions 2 to 2 are empty"),
        (
            "DELETE FROM events WHERE position = 4",
            "the log: command '2' of ann led to lamp/hall@3, which is gone",
        ),
        (
            "UPDATE events SET position = 9 WHERE position = 1",
            "lamp/hall@2: it is at position 2, and the one before at 9",
        ),
        (
            "DELETE FROM commands WHERE id = '0'",
            "lamp/hall@3: the command behind lamp/hall@2 has lost its last events or its record",
        ),
        (
            "DELETE FROM commands WHERE id = '2'",
            "lamp/hall: the command behind lamp/hall@3 has lost its last events or its record",
        ),
        (
            "UPDATE commands SET head = zeroblob(32) WHERE id = '2'",
            "the log: command '2' of ann led to lamp/hall@3, which is gone",
        ),
        (
            "INSERT INTO commands VALUES ('bob', '7', x'00', 'lamp/attic', 5, x'00')",
            "the log: command '7' of bob led to lamp/attic@5, which is gone",
        ),
    ],
)
def test_what_was_changed_is_found_where_it_is(path: Path, sql: str, damage: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()

    with reading(path) as log:
        assert damage in damages(log)


def test_damage_to_one_stream_is_told_once_and_hides_no_other() -> None:
    spoilt = [replace(one, at=one.at + 1) for one in ENTRIES]
    assert [damage.where for damage in verified(MemoryLog(spoilt)).damages] == [
        "lamp/attic@1",
        "lamp/hall@1",
    ]


def test_a_hole_is_found_in_memory_too() -> None:
    assert damages(MemoryLog([*ENTRIES[:2], ENTRIES[3]])) == ["the log: positions 3 to 3 are empty"]


def test_an_event_that_cannot_be_read_is_found() -> None:
    log = with_encoded(MemoryLog(ENTRIES), 3, lambda one: replace(one, kind="blown"))
    assert damages(log) == [
        "lamp/hall@3: no event of kind 'blown' is known to this version of the program"
    ]


def test_a_stream_that_there_cannot_be_is_found() -> None:
    entries = [replace(one, stream=StreamName(one.stream.replace("attic", "☁"))) for one in ENTRIES]
    entries[2] = replace(entries[2], stream=StreamName("door/hall"))
    assert damages(MemoryLog(chained(entries))) == ["door/hall: there can be no such stream"]


def test_an_event_that_does_not_belong_in_its_stream_is_found() -> None:
    def unlabelled(_: StreamName) -> Folding:
        return Folding(LAMP_DECIDER, (TurnedOn, TurnedOff))

    assert LogVerifier(MemoryLog(ENTRIES), CODEC, unlabelled).run().damages == (
        Damage("lamp/attic@1", "there can be no event of kind 'labelled' in this stream"),
    )


def test_a_stream_that_cannot_be_folded_is_found() -> None:
    def evolve(_state: Lamp, event: lamp.Event) -> Lamp:
        if isinstance(event, TurnedOff):
            raise KeyError(event.kind)
        return Lamp()

    def breaking(_: StreamName) -> Folding:
        return Folding(Decider(Lamp(), lamp.decide, evolve), get_args(lamp.Event))

    assert LogVerifier(MemoryLog(ENTRIES), CODEC, breaking).run().damages == (
        Damage("lamp/hall@2", "the stream cannot be folded beyond it: KeyError('turned_off')"),
    )


def checked(log: StoredLog, stream: StreamName) -> StreamCheck:
    folding = lamps(stream)
    assert folding is not None
    of_stream = [one for one in log.entries_by_stream(log.end()) if one.stream == stream]
    return check_stream(stream, of_stream, CODEC, folding)


def test_a_stream_that_holds_is_checked_to_its_end() -> None:
    *_, last = ENTRIES
    expected = StreamCheck(3, last.hash, Lamp(on=True, switched=3), None)
    assert checked(MemoryLog(ENTRIES), HALL) == expected


def test_a_stream_that_is_not_there_holds_nothing() -> None:
    assert checked(MemoryLog(), HALL) == StreamCheck(0, EMPTY_HEAD, Lamp(), None)


def test_a_stream_that_was_changed_is_checked_up_to_there() -> None:
    log = with_encoded(MemoryLog(ENTRIES), 1, lambda one: replace(one, kind="blown"))
    check = checked(log, HALL)
    assert check == StreamCheck(1, ENTRIES[0].hash, Lamp(on=True, switched=1), check.damage)
    assert check.damage is not None
    assert check.damage.where == "lamp/hall@2"


def test_a_stream_whose_last_command_is_cut_off_holds_to_its_end() -> None:
    check = checked(MemoryLog([*ENTRIES[:-1], replace(ENTRIES[-1], body=None)]), HALL)
    assert check == StreamCheck(3, ENTRIES[-1].hash, Lamp(on=True, switched=3), check.damage)
    assert check.damage is not None
    assert check.damage.where == HALL


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    LogVerifier(MemoryLog(ENTRIES), CODEC, lamps).run(lambda *progress: told.append(progress))
    assert told == [(2, 4), (4, 4)]


def test_a_file_full_of_something_else_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    path.write_bytes(b"Dear diary, " * 1000)
    with reading(path) as log:
        assert damages(log) == ["the log: the event log is damaged: file is not a database"]


def test_a_page_that_was_overwritten_is_damage(path: Path) -> None:
    with extending(path) as log:
        imported(exported(recorded_log([*HISTORY, *[(HALL, [TurnedOn()])] * 500])), log)
    pages = path.read_bytes()
    for place in range(4096, len(pages), 4096):
        path.write_bytes(pages[:place] + b"\x55" * 512 + pages[place + 512 :])
        with reading(path) as log:
            assert damages(log) != []
    path.write_bytes(pages)
    with reading(path) as log:
        assert damages(log) == []  # the control


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a log in it, not to be changed."""
    path = tmp_path_factory.mktemp("whole") / "events.db"
    with extending(path) as log:
        log.add(ENTRIES)
    return path


@given(garbage=st.binary(min_size=1, max_size=64), share=st.floats(0, 1))
@settings(deadline=None, max_examples=200)
def test_a_garbled_file_is_found_out_or_holds_the_same_events(
    tmp_path_factory: pytest.TempPathFactory, whole: Path, garbage: bytes, share: float
) -> None:
    """The digests of commands are not in the chain: nobody would know another from the first."""
    pages = whole.read_bytes()
    place = int(share * (len(pages) - len(garbage)))
    path = tmp_path_factory.mktemp("garbled") / "events.db"
    path.write_bytes(pages[:place] + garbage + pages[place + len(garbage) :])
    with suppress(StoreUnavailable), reading(path) as log:
        if damages(log) == []:
            kept = [replace(one, body=one.body and bytes(32)) for one in all_of(log)]
            assert kept == [replace(one, body=one.body and bytes(32)) for one in ENTRIES]


def test_a_log_that_cannot_be_read_is_not_called_damaged(path: Path) -> None:
    with reading(path) as log:
        writer = apsw.Connection(str(path))
        writer.execute("DROP TABLE commands")
        with pytest.raises(StoreUnavailable, match="no such table"):
            verified(log)
        writer.close()


def test_what_comes_in_meanwhile_is_not_looked_at() -> None:
    log = MemoryLog(ENTRIES[:3])
    later = chained(
        [replace(ENTRIES[0], command_id=CommandId("9"), stream=ATTIC, body=bytes(32))], ENTRIES[:3]
    )

    def add(_done: int, _of: int) -> None:
        if log.end() == 3:
            log.add(later)

    told = LogVerifier(log, CODEC, lamps).run(add)
    assert (told.end, told.events, log.end()) == (3, 3, 4)
    assert verified(MemoryLog(all_of(log))).events == 4
