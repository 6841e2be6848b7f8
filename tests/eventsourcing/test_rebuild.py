"""F19: a rebuild beside the live rows, while events come in, interrupted at any point."""

import asyncio
import multiprocessing
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias

import apsw
import pytest

from clouds_edges.eventsourcing.errors import BuildFailed, RebuildUnderWay
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site, rebuild_together
from clouds_edges.eventsourcing.rebuild_process import BuilderOutside, Work, build, build_and_tell
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.followed import Hasty, two_following, until
from tests.eventsourcing.lamp import ATTIC, CODEC, Event, TurnedOff, TurnedOn, to_append
from tests.eventsourcing.lamp_models import Last, Switched, failing_parts, lamp_parts, rows_in

SWITCHED = Switched()
Progress: TypeAlias = AsyncGenerator[Sequence[Checkpoint], None]


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SQLiteStore[Event]]:
    """A log that takes a building process some time."""
    (tmp_path / "models").mkdir()
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        await store.append(to_append(*[TurnedOn()] * 9_000))
        yield store


async def _caught_up(model: ReadModel[Event]) -> None:
    """Wait until the log of the fixture is folded."""
    await until(lambda: model.status.position >= 9_000)
    await model.read(lambda _: None)  # by then it has looked for what was interrupted


async def _equal_to_a_fold(store: EventStore[Event], folder: Path) -> None:
    """Fold the log once more, in other batches, and compare every row."""
    sites = [Site(projection, folder / "fold.db") for projection in (SWITCHED, Last())]
    for site in sites:
        async with aclosing(BuilderInside(store, batch=701).build([site])) as progress:
            async for _ in progress:
                pass
        assert rows_in(folder / f"{site.projection.name}.db") == rows_in(site.path)
        site.path.unlink()


async def test_rebuilt_rows_equal_the_live_ones_while_events_come_in(
    log: SQLiteStore[Event], tmp_path: Path
) -> None:
    seen: list[int] = []
    builder = BuilderOutside(tmp_path / "events.db", lamp_parts, batch=1000)
    async with two_following(log, tmp_path / "models", builder) as models:
        is_over = asyncio.Event()

        async def write() -> None:
            version = 0
            while not is_over.is_set():
                append = to_append(
                    TurnedOn(), TurnedOff(), stream=ATTIC, after=version, command_id=f"{version}"
                )
                await log.append(append)
                version += 2

        async def read() -> None:
            while not is_over.is_set():
                seen.append(await models[0].read(SWITCHED.total))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(write())
            tasks.create_task(read())
            await rebuild_together(models, builder)
            is_over.set()

        assert seen == sorted(seen)
        assert seen[-1] > 9_000
        events = [one.event for one in await log.read_log(BEGINNING, 1_000_000)]
        assert await models[0].read(SWITCHED.total) == events.count(TurnedOn())
        await models[1].read(lambda _: None)  # wait for it
        await _equal_to_a_fold(log, tmp_path / "models")
        assert not list((tmp_path / "models").glob("*rebuilding*"))


class _LateBuilder(BuilderInside[Event]):
    """Is done before some events that the live rows include when the copy is to be swapped."""

    def __init__(self, store: EventStore[Event]) -> None:
        super().__init__(store)
        self.store = store
        self.model: ReadModel[Event] | None = None

    async def build(self, sites: Sequence[Site[Event]]) -> Progress:
        async for reached in super().build(sites):
            yield reached
        assert self.model is not None
        await self.store.append(to_append(TurnedOn(), after=3, command_id="late"))
        assert await self.model.read(SWITCHED.total) == 4
        self.model.pause()


async def _seen_after_a_rebuild(kind: type[ReadModel[Event]], folder: Path) -> int:
    store = MemoryStore(CODEC)
    await store.append(to_append(TurnedOn(), TurnedOn(), TurnedOn()))
    builder = _LateBuilder(store)
    async with two_following(store, folder, builder, kind) as (model, _):
        builder.model = model
        await model.rebuild()
        return await model.read(SWITCHED.total)


async def test_reads_never_go_back(tmp_path: Path) -> None:
    assert await _seen_after_a_rebuild(ReadModel, tmp_path) == 4


async def test_without_catching_up_before_the_swap_they_do(tmp_path: Path) -> None:
    """The control: without it, the test above would not have noticed."""
    assert await _seen_after_a_rebuild(Hasty, tmp_path) == 3


async def test_a_rebuild_killed_midway_goes_on_where_it_was(
    log: SQLiteStore[Event], tmp_path: Path
) -> None:
    builder = BuilderOutside(tmp_path / "events.db", lamp_parts, batch=1000)
    async with two_following(log, tmp_path / "models", builder) as (model, last):
        await _caught_up(model)
        before = multiprocessing.active_children()
        async with aclosing(builder.build([model.site])) as progress:
            reached = [(await anext(progress))[0]]
            (child,) = set(multiprocessing.active_children()) - set(before)
            child.kill()
            with pytest.raises(BuildFailed, match="the building process has ended with -9"):
                reached += [checkpoint async for (checkpoint,) in progress]
        assert 0 < reached[-1] < 9_000
        assert await model.read(SWITCHED.total) == 9_000

        async with aclosing(builder.build([model.site])) as progress:
            assert (await anext(progress))[0] > reached[-1]
        await rebuild_together([model, last], builder)
        await _equal_to_a_fold(log, tmp_path / "models")


async def test_a_cancelled_rebuild_leaves_no_process_behind(
    log: SQLiteStore[Event], tmp_path: Path
) -> None:
    builder = BuilderOutside(tmp_path / "events.db", lamp_parts, batch=1000)
    async with two_following(log, tmp_path / "models", builder) as (model, _):
        await _caught_up(model)
        rebuilding = asyncio.ensure_future(model.rebuild())
        await until(lambda: bool(model.status.rebuilt_to))
        rebuilding.cancel()
        await asyncio.wait([rebuilding])
        assert not multiprocessing.active_children()
        assert model.status.rebuilt_to is None
        assert await model.read(SWITCHED.total) == 9_000


async def _begun_on(other: EventStore[Event], site: Site[Event]) -> None:
    async with aclosing(BuilderInside(other).build([site])) as progress:
        await anext(progress)


async def test_a_copy_that_follows_another_log_is_begun_anew(tmp_path: Path) -> None:
    """With either builder; the parts of a process can be tried without one."""
    other = MemoryStore(CODEC)
    await other.append(to_append(*[TurnedOff()] * 5, TurnedOn()))
    site: Site[Event] = Site(SWITCHED, tmp_path / "copy.db")
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        await store.append(to_append(TurnedOn(), TurnedOn()))
        await _begun_on(other, site)
        await _begun_on(store, site)
        assert rows_in(site.path) == {"lamps": [("lamp/hall", 2)]}

        await _begun_on(other, site)
        build(Work(lamp_parts, tmp_path / "events.db"), {"switched": site.path}, lambda _: None)
        assert rows_in(site.path) == {"lamps": [("lamp/hall", 2)]}


async def test_copies_that_are_not_equally_far_are_led_on_together(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    paths = {name: tmp_path / f"{name}.db" for name in ("switched", "last")}
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn(), TurnedOn()))
        build(Work(lamp_parts, path), {"switched": paths["switched"]}, lambda _: None)
        await store.append(to_append(TurnedOn(), after=2, command_id="more"))
        build(Work(lamp_parts, path), paths, lambda _: None)
        build(Work(lamp_parts, path), paths, lambda _: None)  # nothing is left to do
    assert rows_in(paths["switched"]) == {"lamps": [("lamp/hall", 3)]}
    assert rows_in(paths["last"]) == {"lamps": [("lamp/hall", "turned_on 3")]}


async def test_a_building_process_tells_how_far_it_is_or_what_went_wrong(tmp_path: Path) -> None:
    path, paths = tmp_path / "events.db", {"switched": tmp_path / "copy.db"}
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn(), TurnedOn(), TurnedOn()))
    hearing, telling = multiprocessing.Pipe(duplex=False)
    build_and_tell(Work(failing_parts, path), paths, telling)
    assert hearing.recv() == "LookupError: no idea what to do"
    build_and_tell(Work(lamp_parts, path), paths, telling)
    assert hearing.recv() == [3]
    assert not hearing.poll()
    (tmp_path / "copy.db").unlink()
    hearing.close()
    build_and_tell(
        Work(lamp_parts, path), paths, telling
    )  # the server is gone: no word, no trouble
    telling.close()


async def test_one_rebuild_at_a_time(memory: MemoryStore[Event], tmp_path: Path) -> None:
    async with two_following(memory, tmp_path, BuilderInside(memory)) as (model, _):
        async with model.rebuilding():
            with pytest.raises(RebuildUnderWay, match="switched is being rebuilt"):
                await model.rebuild()
        assert model.status.rebuilt_to is None
        await model.rebuild()


async def test_a_rebuild_revives_one_that_had_stopped(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(TurnedOn(), TurnedOn(), TurnedOn()))
    poisoned = Switched(fails_at=2)
    model = ReadModel(poisoned, tmp_path, memory, Feed(memory), BuilderInside(memory))
    running = asyncio.ensure_future(model.run())
    assert await model.read(poisoned.total) == 0
    assert model.status.error is not None
    poisoned.fails_at = None
    await model.rebuild()
    assert await model.read(poisoned.total) == 3
    await memory.append(to_append(TurnedOn(), after=3, command_id="more"))
    assert await model.read(poisoned.total) == 4
    running.cancel()
    await asyncio.wait([running])
    model.close()


async def test_an_event_that_cannot_be_applied_fails_the_rebuild_and_not_the_live_rows(
    log: SQLiteStore[Event], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    builder = BuilderOutside(tmp_path / "events.db", failing_parts)
    async with two_following(log, tmp_path / "models", builder) as (model, _):
        await _caught_up(model)
        with pytest.raises(BuildFailed, match="LookupError: no idea what to do"):
            await model.rebuild()
        assert model.status.error is None
        assert await model.read(SWITCHED.total) == 9_000
        left = model.site.path
        assert left.exists()
    async with two_following(log, tmp_path / "models", builder) as (model, _):
        await _caught_up(model)
        await until(lambda: "the read model switched was not rebuilt" in caplog.text)
        assert "were not built together" in caplog.text
        assert await model.read(SWITCHED.total) == 9_000


async def test_what_cannot_be_read_is_left_out_of_a_rebuild_as_of_the_log(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    async with SQLiteStore(path, CODEC) as store:
        for n in range(3):
            await store.append(to_append(TurnedOn(), after=n, command_id=f"{n}"))
        await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="other"))
    tampered = apsw.Connection(str(path))
    tampered.execute("UPDATE events SET kind = 'unheard_of' WHERE position = 2")
    tampered.close()
    build(Work(lamp_parts, path), {"switched": tmp_path / "copy.db"}, lambda _: None)
    async with (
        SQLiteStore(path, CODEC) as store,
        two_following(store, tmp_path, BuilderInside(store)) as (model, _),
    ):
        assert await model.read(SWITCHED.total) == 2
    assert rows_in(tmp_path / "copy.db") == rows_in(tmp_path / "switched.db")
