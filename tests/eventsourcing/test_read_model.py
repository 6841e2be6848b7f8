import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import apsw
import pytest
from sqlalchemy import delete

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.eventsourcing.read_model_status import ReadModelState
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site
from clouds_edges.eventsourcing.recorded import Checkpoint
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.conftest import Store
from tests.eventsourcing.followed import SWITCHED, following, switch, until_reached
from tests.eventsourcing.lamp import ATTIC, CODEC, Event, Labelled, TurnedOff, TurnedOn, to_append
from tests.eventsourcing.lamp_models import rows_in


async def test_a_read_model_is_a_fold_of_the_log(store: Store, tmp_path: Path) -> None:
    await switch(store, 2)
    async with following(store, tmp_path) as model:
        await switch(store, 1, after=2)
        await store.append(to_append(TurnedOn(), stream=ATTIC))
        assert await model.read(SWITCHED.total) == 4
        assert rows_in(tmp_path / "switched.db") == {"lamps": [("lamp/attic", 1), ("lamp/hall", 3)]}


async def test_a_read_sees_what_was_committed_before_it_was_asked(
    store: Store, tmp_path: Path
) -> None:
    async with following(store, tmp_path) as model:
        for n in range(30):
            await switch(store, 1, after=n)
            assert await model.read(SWITCHED.total) == n + 1


async def test_queries_do_not_write(memory: MemoryStore[Event], tmp_path: Path) -> None:
    async with following(memory, tmp_path) as model:
        with pytest.raises(StoreUnavailable, match=r"switched cannot be read: .*readonly"):
            await model.read(lambda rows: rows.execute(delete(SWITCHED.lamps)))


async def test_a_read_model_goes_on_where_it_was(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    for round_ in range(3):
        async with following(memory, tmp_path) as model:
            assert model.status.position == 2 * round_
            await switch(memory, 2, after=2 * round_)
            assert await model.read(SWITCHED.total) == 2 * round_ + 2


async def test_it_says_how_it_is(memory: MemoryStore[Event], tmp_path: Path) -> None:
    async with following(memory, tmp_path) as model:
        await switch(memory, 3)
        await model.read(SWITCHED.total)
        model.pause()
        await switch(memory, 2, after=3)
        status = model.status
        assert (status.name, status.state) == ("switched", ReadModelState.PAUSED)
        assert (status.position, status.lag) == (3, 2)
        assert (status.error, status.rebuilt_to) == (None, None)


async def test_a_paused_one_answers_with_what_it_has(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    async with following(memory, tmp_path) as model:
        await switch(memory, 1)
        assert await model.read(SWITCHED.total) == 1
        model.pause()
        await switch(memory, 1, after=1)
        assert await model.read(SWITCHED.total) == 1

        model.resume()
        assert await model.read(SWITCHED.total) == 2


async def test_who_waits_for_one_that_is_paused_waits_no_longer(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await switch(memory, 1)
    model = ReadModel(SWITCHED, tmp_path, memory, Feed(memory), BuilderInside(memory))
    reading = asyncio.ensure_future(model.read(SWITCHED.total))
    await asyncio.sleep(0)
    model.pause()
    async with asyncio.timeout(0.5):
        assert await reading == 0
    model.close()


async def test_a_read_does_not_wait_for_ever(memory: MemoryStore[Event], tmp_path: Path) -> None:
    await switch(memory, 1)
    model = ReadModel(SWITCHED, tmp_path, memory, Feed(memory), BuilderInside(memory))
    assert await model.read(SWITCHED.total) == 0  # nobody runs it
    model.close()


async def test_only_the_events_asked_for_are_applied(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(TurnedOn(), Labelled("hall"), TurnedOff(), TurnedOn()))
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 2


async def test_events_without_effect_are_passed_now_and_then(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    async with following(memory, tmp_path):
        await memory.append(to_append(*[TurnedOff()] * 900))
    async with following(memory, tmp_path) as model:
        await model.read(SWITCHED.total)
        assert model.status.position == 900
        await memory.append(to_append(*[TurnedOff()] * 900, after=900, command_id="more"))
        await model.read(SWITCHED.total)
    model = ReadModel(SWITCHED, tmp_path, memory, Feed(memory), BuilderInside(memory))
    assert model.status.position == 1800
    model.close()


async def test_a_reset_one_folds_the_log_again(memory: MemoryStore[Event], tmp_path: Path) -> None:
    async with following(memory, tmp_path) as model:
        await switch(memory, 3)
        assert await model.read(SWITCHED.total) == 3
        model.pause()
        await model.reset()
        assert await model.read(SWITCHED.total) == 0
        model.resume()
        assert await model.read(SWITCHED.total) == 3


async def test_an_end_that_cannot_be_read_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn()))
        await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="other"))
    log = apsw.Connection(str(path))
    log.execute("UPDATE events SET kind = 'unheard_of' WHERE position = 2")
    log.close()
    async with SQLiteStore(path, CODEC) as store, following(store, tmp_path) as model:
        async with asyncio.timeout(0.9):
            for _ in range(5):
                assert await model.read(SWITCHED.total) == 1
        await model.rebuild()
        assert await model.read(SWITCHED.total) == 1
        await switch(store, 1, after=1)
        assert await model.read(SWITCHED.total) == 2


class _Counting(BuilderInside[Event]):
    """Counts its builds, and notes where the first began."""

    builds = 0
    first_seen: Checkpoint | None = None

    async def build(self, sites: Sequence[Site[Event]]) -> AsyncIterator[Sequence[Checkpoint]]:  # type: ignore[override]
        self.builds += 1
        async for reached in super().build(sites):
            self.first_seen = self.first_seen or reached[0]
            yield reached


async def test_one_far_behind_is_built_beside_before_it_follows(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await memory.append(to_append(*[TurnedOn()] * 10_001))
    builder = _Counting(memory)
    async with following(memory, tmp_path, builder=builder) as model:
        await until_reached(model, 10_001)
        assert await model.read(SWITCHED.total) == 10_001
        assert (builder.builds, model.status.rebuilt_to) == (1, None)
