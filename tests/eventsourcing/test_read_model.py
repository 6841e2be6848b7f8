import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import pytest
from sqlalchemy import delete

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.read_model import ReadModel, ReadModelState
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.conftest import Store
from tests.eventsourcing.lamp import (
    ATTIC,
    CODEC,
    Event,
    Labelled,
    TurnedOff,
    TurnedOn,
    to_append,
)
from tests.eventsourcing.lamp_models import Last, Switched, rows_in

SWITCHED = Switched()


@asynccontextmanager
async def following(
    store: EventStore[Event],
    folder: Path,
    projection: Projection[Event] = SWITCHED,
    builder: BuilderInside[Event] | None = None,
) -> AsyncIterator[ReadModel[Event]]:
    """A read model that follows a store for as long as the context lasts."""
    model = ReadModel(
        projection, folder, store, Feed(store), builder or BuilderInside(store), _at_once
    )
    running = asyncio.ensure_future(model.run())
    yield model
    running.cancel()
    await asyncio.wait([running])
    model.close()


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


async def switch(store: EventStore[Event], times: int, after: int = 0) -> None:
    for n in range(after, after + times):
        await store.append(to_append(TurnedOn(), after=n, command_id=f"{n}"))


async def until_reached(model: ReadModel[Event], position: int) -> None:
    async with asyncio.timeout(10):
        while model.status.position < position:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


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


async def test_a_failing_one_stops_alone_with_rows_and_checkpoint_together(
    memory: MemoryStore[Event], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    poisoned = Switched("poisoned", fails_at=4)
    async with (
        following(memory, tmp_path, poisoned) as bad,
        following(memory, tmp_path) as good,
    ):
        await switch(memory, 2)
        await bad.read(poisoned.total)
        await memory.append(
            to_append(TurnedOn(), TurnedOn(), TurnedOn(), after=2, command_id="three")
        )
        assert await good.read(SWITCHED.total) == 5
        assert await bad.read(poisoned.total) == 2
        stopped = bad.status
        assert stopped.state is ReadModelState.STOPPED
        assert stopped.error == "LookupError: no idea what to do"
        assert (stopped.position, good.status.error) == (2, None)
        assert "the read model poisoned has stopped" in caplog.text

        poisoned.fails_at = None
        bad.resume()
        assert await bad.read(poisoned.total) == 5
        assert bad.status.state is ReadModelState.FOLLOWING


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


async def test_a_deleted_file_is_made_anew(memory: MemoryStore[Event], tmp_path: Path) -> None:
    async with following(memory, tmp_path) as model:
        await switch(memory, 3)
        await model.read(SWITCHED.total)
        (tmp_path / "switched.db").unlink()
        await switch(memory, 1, after=3)
        assert await model.read(SWITCHED.total) == 4
    assert rows_in(tmp_path / "switched.db") == {"lamps": [("lamp/hall", 4)]}


async def test_a_damaged_file_is_put_aside_and_made_anew(
    memory: MemoryStore[Event], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "switched.db").write_bytes(b"nothing that SQLite knows" * 100)
    await switch(memory, 3)
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    assert (tmp_path / "switched.damaged.db").read_bytes().startswith(b"nothing that")
    assert "switched.db is damaged" in caplog.text


@pytest.mark.parametrize("finder", ["reader", "writer"])
async def test_a_file_damaged_while_it_is_in_use_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path, finder: str
) -> None:
    async with following(memory, tmp_path) as model:
        await switch(memory, 3)
        await model.read(SWITCHED.total)
    async with following(memory, tmp_path) as model:
        (tmp_path / "switched.db").write_bytes(b"nothing that SQLite knows" * 1000)
        if finder == "reader":
            with pytest.raises(StoreUnavailable):
                await model.read(SWITCHED.total)
        await switch(memory, 1, after=3)
        async with asyncio.timeout(10):
            while await _read_or_none(model) != 4:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
        assert model.status.error is None
    assert (tmp_path / "switched.damaged.db").exists()


async def test_one_that_is_damaged_while_it_is_paused_says_so(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await switch(memory, 3)
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    async with following(memory, tmp_path) as model:
        model.pause()
        (tmp_path / "switched.db").write_bytes(b"nothing that SQLite knows" * 1000)
        with pytest.raises(StoreUnavailable, match="switched cannot be read: "):
            await model.read(SWITCHED.total)
        with pytest.raises(StoreUnavailable, match="switched is being made anew"):
            await model.read(SWITCHED.total)
        model.resume()
        async with asyncio.timeout(10):
            while await _read_or_none(model) != 3:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)


async def _read_or_none(model: ReadModel[Event]) -> int | None:
    try:
        return await model.read(SWITCHED.total)
    except StoreUnavailable:
        return None


async def test_a_file_of_other_tables_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await switch(memory, 3)
    async with following(memory, tmp_path, Last()) as model:
        await until_reached(model, 3)
    (tmp_path / "last.db").rename(tmp_path / "switched.db")
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3


async def test_a_file_of_another_log_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    """As when the log was put back from a copy, and the read models were not."""
    other = MemoryStore(CODEC)
    await switch(other, 3)
    async with following(other, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    await memory.append(to_append(TurnedOff(), TurnedOff(), TurnedOff(), TurnedOn()))
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 1


async def test_a_file_ahead_of_the_log_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    other = MemoryStore(CODEC)
    await switch(other, 3)
    async with following(other, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    await switch(memory, 1)
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 1


async def test_a_file_that_cannot_be_opened_is_said_in_a_sentence(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    folder = tmp_path / "nowhere"
    with pytest.raises(StoreUnavailable, match=r"nowhere/switched.db cannot be opened: "):
        ReadModel(SWITCHED, folder, memory, Feed(memory), BuilderInside(memory))


class _Flickering(MemoryStore[Event]):
    """Cannot be read every other time."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.asked = 0

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[Event]]:
        self.asked += 1
        if self.asked % 2:
            message = "not now"
            raise StoreUnavailable(message)
        return await super().read_log(after, limit)


async def test_trouble_with_the_log_passes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = _Flickering()
    await switch(store, 3)
    async with following(store, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
        assert model.status.error is None
    assert "the read model switched tries again: not now" in caplog.text


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
