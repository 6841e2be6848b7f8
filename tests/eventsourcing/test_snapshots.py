import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Final

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.command_handler import CommandHandler, Loaded
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.eventsourcing.snapshots import Form, SnapshotFile, Snapshots, fingerprint_of
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing import lamp
from tests.eventsourcing.lamp import (
    ATTIC,
    CODEC,
    HALL,
    LAMP_DECIDER,
    Command,
    Event,
    Flash,
    Lamp,
    Somebody,
    TurnedOn,
    issued,
    to_append,
)

_LAMP: Final = TypeAdapter(Lamp)
_FORM: Final = Form(_LAMP.dump_json, _LAMP.validate_json)
_MINE: Final = fingerprint_of(LAMP_DECIDER.evolve)
_PATIENCE: Final = 10.0
_LIT: Final = Loaded(Lamp(on=True, switched=7), 7, b"h" * 32)

Lamps = CommandHandler[Command, Somebody, Event, Lamp]


class _Counting(MemoryStore[Event]):
    """A store that counts the events it hands out."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.read = 0

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[Event]]:
        events = await super().read_stream(stream, after)
        self.read += len(events)
        return events


@dataclass
class _Room:
    """A store and a file of snapshots, and programs that come and go."""

    path: Path
    store: _Counting = field(default_factory=_Counting)
    given: int = 0

    async def flash(self, times: int, fingerprint: str = _MINE) -> None:
        """A program starts, gives commands, saves a snapshot and ends."""
        file = SnapshotFile(self.path)
        snapshots = Snapshots(file, _FORM, fingerprint)
        lamps: Lamps = CommandHandler(LAMP_DECIDER, self.store, snapshots)
        for _ in range(times):
            self.given += 1
            await lamps.handle(HALL, issued(Flash(), f"{self.given}"))
        snapshots.save()
        file.close()

    async def loaded(self, fingerprint: str = _MINE) -> Loaded[Lamp]:
        """What a program that starts now sees, and `store.read` says what it read for that."""
        self.store.read = 0
        file = SnapshotFile(self.path)
        snapshots = Snapshots(file, _FORM, fingerprint)
        lamps: Lamps = CommandHandler(LAMP_DECIDER, self.store, snapshots)
        loaded = await lamps.load(HALL)
        file.close()
        return loaded

    async def loaded_without(self) -> Loaded[Lamp]:
        lamps: Lamps = CommandHandler(LAMP_DECIDER, self.store)
        return await lamps.load(HALL)

    def tamper(self, sql: str) -> None:
        connection = apsw.Connection(str(self.path))
        connection.execute(sql)
        connection.close()


@pytest.fixture
def room(tmp_path: Path) -> _Room:
    return _Room(tmp_path / "snapshots.db")


_steps = st.sampled_from(["flash", "another program", "delete", "nothing"])


@given(steps=st.lists(st.tuples(_steps, st.integers(1, 4)), max_size=8))
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_with_and_without_snapshots_the_state_is_the_same_whenever_they_go(
    steps: Sequence[tuple[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    room = _Room(tmp_path_factory.mktemp("room") / "snapshots.db")
    for step, times in steps:
        if step == "delete":
            room.path.unlink(missing_ok=True)
        elif step != "nothing":
            await room.flash(times, _MINE if step == "flash" else "another")
        assert await room.loaded() == await room.loaded_without()


async def test_behind_a_snapshot_only_what_is_new_is_read(room: _Room) -> None:
    await room.flash(10)
    await room.store.append(to_append(TurnedOn(), after=20))

    loaded = await room.loaded()

    assert (loaded.version, loaded.state) == (21, Lamp(on=True, switched=21))
    assert room.store.read == 2  # the last event of the snapshot, to see that it is there
    room.path.unlink()
    assert await room.loaded() == loaded
    assert room.store.read == 21


async def test_the_chain_goes_on_from_a_snapshot(tmp_path: Path) -> None:
    room = _Room(tmp_path / "snapshots.db")
    for number in range(3):
        async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
            file = SnapshotFile(room.path)
            snapshots = Snapshots(file, _FORM, _MINE)
            lamps: Lamps = CommandHandler(LAMP_DECIDER, store, snapshots)
            handled = await lamps.handle(HALL, issued(Flash(), f"{number}"))
            snapshots.save()
            file.close()

            whole = await store.read_stream(HALL)
            assert (whole[-1].version, whole[-1].hash) == (2 * number + 2, handled.outcome.head)


async def test_the_snapshot_of_another_program_is_not_used(room: _Room) -> None:
    await room.flash(10, "another")
    assert (await room.loaded()).version == room.store.read == 20


async def test_a_snapshot_of_a_history_that_was_lost_is_not_used(room: _Room) -> None:
    await room.flash(10)
    room.store = _Counting()
    assert await room.loaded() == Loaded(Lamp(), 0, EMPTY_HEAD)

    await room.store.append(to_append(*[TurnedOn()] * 20))

    assert (await room.loaded()).state == Lamp(on=True, switched=20)


async def test_a_snapshot_of_a_lost_history_is_replaced_even_at_the_same_version(
    room: _Room,
) -> None:
    await room.flash(10)
    room.store = _Counting()
    room.given = 100
    await room.store.append(to_append(*[TurnedOn()] * 18))

    await room.flash(1)

    assert (await room.loaded()).version == 20
    assert room.store.read == 1


@pytest.mark.parametrize(
    "sql",
    [
        'UPDATE snapshots SET state = CAST(\'{"on":true,"switched":99}\' AS BLOB)',
        "UPDATE snapshots SET version = 19",
        "UPDATE snapshots SET head = zeroblob(32)",
        "UPDATE snapshots SET checksum = zeroblob(32)",
        "DROP TABLE snapshots",
        "DROP TABLE snapshots; CREATE TABLE snapshots (stream, state)",
    ],
)
async def test_a_changed_snapshot_is_not_used(room: _Room, sql: str) -> None:
    await room.flash(10)
    room.tamper(sql)
    assert await room.loaded() == await room.loaded_without()
    assert room.store.read >= 20


async def test_an_unchanged_snapshot_is_used(room: _Room) -> None:
    """The control of the test above."""
    await room.flash(10)
    room.tamper("SELECT * FROM snapshots")
    assert await room.loaded() == await room.loaded_without()
    assert room.store.read == 1 + 20  # the second load is the one without


async def test_a_state_that_is_none_is_not_used(room: _Room) -> None:
    file = SnapshotFile(room.path)
    file.save(HALL, _MINE, Loaded(b'{"on":"perhaps"}', 7, b""))
    file.close()
    assert await room.loaded() == Loaded(Lamp(), 0, EMPTY_HEAD)


@pytest.mark.parametrize("place", [0, 4096])
async def test_a_garbled_file_is_set_aside(room: _Room, place: int) -> None:
    await room.flash(10)
    before = room.path.read_bytes()
    garbled = before[:place] + b"\xff" * (len(before) - place)
    room.path.write_bytes(garbled)

    assert (await room.loaded()).version == 20

    assert room.path.with_name("snapshots.damaged.db").read_bytes() == garbled
    await room.flash(1)
    assert (await room.loaded()).version == 22
    assert room.store.read == 1


async def test_a_folder_in_place_of_the_file_is_set_aside_too(room: _Room) -> None:
    room.path.mkdir()
    await room.flash(1)
    assert room.path.with_name("snapshots.damaged.db").is_dir()


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"nowhere.* cannot be opened"):
        SnapshotFile(tmp_path / "nowhere" / "snapshots.db")


async def test_a_file_that_cannot_be_written_costs_nothing_but_time(
    room: _Room, caplog: pytest.LogCaptureFixture
) -> None:
    file = SnapshotFile(room.path)
    snapshots = Snapshots(file, _FORM, _MINE)
    file.close()
    with caplog.at_level(logging.WARNING):
        snapshots.offer(HALL, _LIT)
        snapshots.save()
    assert "the snapshot of lamp/hall cannot be saved" in caplog.text


async def test_a_file_that_goes_while_it_is_in_use_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = SnapshotFile(tmp_path / "data" / "snapshots.db")
    file.close()
    for one in (tmp_path / "data").iterdir():
        one.unlink()
    (tmp_path / "data").rmdir()
    assert await Snapshots(file, _FORM, _MINE).load(HALL) is None


async def test_snapshots_are_saved_while_the_program_runs(room: _Room) -> None:
    file = SnapshotFile(room.path)
    snapshots = Snapshots(file, _FORM, _MINE)
    running = asyncio.ensure_future(snapshots.run())
    snapshots.offer(ATTIC, Loaded(Lamp(), 999, b""))
    snapshots.offer(HALL, Loaded(Lamp(), 1000, b""))

    async with asyncio.timeout(10):
        while await snapshots.load(HALL) is None:
            pass

    snapshots.offer(HALL, Loaded(Lamp(), 1999, b""))
    snapshots.offer(HALL, Loaded(Lamp(), 2000, b""))
    async with asyncio.timeout(10):
        while (found := await snapshots.load(HALL)) is None or found.version < 2000:
            pass
    running.cancel()
    await asyncio.wait([running])
    file.close()


class _Slow(SnapshotFile):
    """A disk that takes its time; the file may not be closed before it is done."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.has_begun, self.may_end = threading.Event(), threading.Event()

    def load(self, stream: StreamName, fingerprint: str) -> Loaded[bytes] | None:
        self._take_time()
        return super().load(stream, fingerprint)

    def save(self, stream: StreamName, fingerprint: str, loaded: Loaded[bytes]) -> None:
        self._take_time()
        super().save(stream, fingerprint, loaded)

    def _take_time(self) -> None:
        self.has_begun.set()
        assert self.may_end.wait(_PATIENCE)


@pytest.mark.parametrize("is_saving", [True, False])
async def test_who_is_cancelled_goes_on_when_the_file_may_be_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, is_saving: bool
) -> None:
    file = _Slow(tmp_path / "snapshots.db")
    snapshots = Snapshots(file, _FORM, _MINE)
    snapshots.offer(HALL, replace(_LIT, version=1000))
    work = snapshots.run() if is_saving else snapshots.load(HALL)
    waiting: asyncio.Task[object] = asyncio.create_task(work)
    await asyncio.to_thread(file.has_begun.wait, _PATIENCE)

    waiting.cancel()
    ended, _ = await asyncio.wait([waiting], timeout=0.1)
    if ended:
        file.close()
    file.may_end.set()
    await asyncio.get_running_loop().shutdown_default_executor()  # whatever is at work, ends
    with suppress(asyncio.CancelledError):
        await waiting

    assert _files_in(tmp_path) == ["snapshots.db"]
    assert not ended
    assert caplog.records == []
    file.close()


def _files_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.suffix == ".db")


async def test_what_is_saved_is_not_saved_again(room: _Room) -> None:
    file = SnapshotFile(room.path)
    snapshots = Snapshots(file, _FORM, _MINE)
    snapshots.offer(HALL, _LIT)
    snapshots.save()
    room.tamper("DELETE FROM snapshots")

    snapshots.offer(HALL, _LIT)
    snapshots.save()
    assert await snapshots.load(HALL) is None

    snapshots.offer(HALL, Loaded(_LIT.state, 8, _LIT.head))
    snapshots.save()
    assert await snapshots.load(HALL) == Loaded(_LIT.state, 8, _LIT.head)
    file.close()


async def test_a_state_that_was_dropped_is_not_saved(room: _Room) -> None:
    file = SnapshotFile(room.path)
    snapshots = Snapshots(file, _FORM, _MINE)
    lamps: Lamps = CommandHandler(LAMP_DECIDER, room.store, snapshots)
    await lamps.handle(HALL, issued(Flash(), "1"))

    await lamps.drop()
    snapshots.save()
    assert await snapshots.load(HALL) is None

    loaded = await lamps.load(HALL)  # the control: it is read, and offered again
    snapshots.save()
    assert await snapshots.load(HALL) == loaded
    file.close()


@pytest.mark.parametrize(
    ("saved", "version", "is_due"),
    [
        (0, 999, False),
        (0, 1000, True),
        (5000, 5999, False),
        (5000, 6000, True),
        (100_000, 105_000, False),
        (100_000, 106_000, True),
    ],
)
async def test_long_streams_are_saved_less_often(
    room: _Room, saved: int, version: int, *, is_due: bool
) -> None:
    file = SnapshotFile(room.path)
    snapshots = Snapshots(file, _FORM, _MINE)
    if saved:
        snapshots.offer(HALL, Loaded(Lamp(), saved, b""))
        snapshots.save()
        snapshots._due.clear()  # noqa: SLF001 - as `run` does

    snapshots.offer(HALL, Loaded(Lamp(), version, b""))

    assert snapshots._due.is_set() == is_due  # noqa: SLF001 - what `run` waits for
    file.close()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package in which `rules` rests on `names` but not on `other`."""
    folder = tmp_path / "sketch"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "rules.py").write_text("from sketch.names import check\ndef evolve(): check()\n")
    (folder / "names.py").write_text("def check(): ...\n")
    (folder / "other.py").write_text("def check(): ...\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    _forget_modules()


def _forget_modules() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "sketch"]:
        del sys.modules[name]


def _fingerprint() -> str:
    _forget_modules()
    evolve: Callable[[], None] = import_module("sketch.rules").evolve
    return fingerprint_of(evolve)


@pytest.mark.parametrize(("name", "matters"), [("rules", True), ("names", True), ("other", False)])
def test_a_fingerprint_changes_with_the_code_it_is_of(
    package: Path, name: str, *, matters: bool
) -> None:
    before = _fingerprint()
    assert _fingerprint() == before

    with (package / f"{name}.py").open("a") as file:
        file.write("# another rule\n")

    assert (_fingerprint() != before) == matters


def test_a_fingerprint_can_be_taken_of_code_without_a_file() -> None:
    namespace: dict[str, Callable[[], None]] = {}
    exec("def evolve(): ...", {"__name__": "__main__"}, namespace)  # noqa: S102 - a program typed in
    assert fingerprint_of(namespace["evolve"])
    assert fingerprint_of(lamp.evolve) != fingerprint_of(namespace["evolve"])
