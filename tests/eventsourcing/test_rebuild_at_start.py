"""Read models that are far behind when a server starts are built, and follow then."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site
from clouds_edges.eventsourcing.recorded import Checkpoint
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.followed import SWITCHED, two_following, until
from tests.eventsourcing.lamp import CODEC, Event, TurnedOn, to_append

Progress: TypeAlias = AsyncGenerator[Sequence[Checkpoint], None]


async def test_a_rebuild_that_was_interrupted_is_finished_at_the_next_start(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(*[TurnedOn()] * 9))
    builder = BuilderInside(memory, batch=2)
    async with two_following(memory, tmp_path, builder) as (model, _):
        assert await model.read(SWITCHED.total) == 9
        async with aclosing(builder.build([model.site])) as progress:
            await anext(progress)
        left = model.site.path
        assert left.exists()
    async with two_following(memory, tmp_path, builder) as (model, _):
        assert await model.read(SWITCHED.total) == 9
        await until(lambda: not left.exists())


async def test_a_rebuild_at_the_start_is_interrupted_and_the_rows_follow_without(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(*[TurnedOn()] * 9))
    left = [tmp_path / f"{name}.rebuilding.db" for name in ("switched", "last")]
    for file in left:
        file.touch()
    builder = _Held(memory, batch=2)
    async with two_following(memory, tmp_path, builder) as (model, other):
        await builder.is_held.wait()
        model.interrupt()
        builder.go_on.set()
        await until(lambda: model.status.position == other.status.position == 9)
        assert await model.read(SWITCHED.total) == 9
        await until(lambda: not left[1].exists())
        assert left[0].exists(), "what is built is kept for the next rebuild"
        assert (model.status.rebuilt_to, model.status.error) == (None, None)
        await model.rebuild()
        assert await model.read(SWITCHED.total) == 9


async def test_only_a_rebuild_that_is_under_way_is_interrupted(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(*[TurnedOn()] * 9))
    async with two_following(memory, tmp_path, BuilderInside(memory)) as (model, _):
        await model.read(SWITCHED.total)
        model.interrupt()
        await model.rebuild()
        assert await model.read(SWITCHED.total) == 9


class _Held(BuilderInside[Event]):
    """Begins when it is let go on, and not before."""

    def __init__(self, store: EventStore[Event], batch: int = 2048) -> None:
        super().__init__(store, batch)
        self.is_held, self.go_on = asyncio.Event(), asyncio.Event()

    async def build(self, sites: Sequence[Site[Event]]) -> Progress:
        self.is_held.set()
        await self.go_on.wait()
        async with aclosing(super().build(sites)) as progress:
            async for reached in progress:
                yield reached


async def test_those_that_are_not_far_behind_follow_while_the_others_are_built(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(*[TurnedOn()] * 9))
    async with two_following(memory, tmp_path, BuilderInside(memory)) as (model, last):
        await asyncio.gather(
            until(lambda: not model.status.lag), until(lambda: not last.status.lag)
        )
    (tmp_path / "switched.rebuilding.db").touch()
    builder = _Held(memory)
    async with two_following(memory, tmp_path, builder) as (model, last):
        await builder.is_held.wait()
        await memory.append(to_append(TurnedOn(), after=9, command_id="more"))
        await until(lambda: last.status.position == 10)
        assert (model.status.position, model.status.rebuilt_to) == (9, 0)
        builder.go_on.set()
        await until(lambda: model.status.position == 10)


class _LateToAnswer(MemoryStore[Event]):
    """Does not say where it ends when it is asked first."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.asked = 0

    async def end(self) -> Checkpoint:
        self.asked += 1
        if self.asked == 1:
            message = "not now"
            raise StoreUnavailable(message)
        return await super().end()


async def test_when_nobody_knows_which_are_far_behind_each_finds_out(tmp_path: Path) -> None:
    store = _LateToAnswer()
    await store.append(to_append(TurnedOn()))
    async with two_following(store, tmp_path, BuilderInside(store)) as models:
        await until(lambda: all(model.status.position == 1 for model in models))
