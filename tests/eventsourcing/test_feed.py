import asyncio
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import TypeAlias

import pytest

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import BEGINNING, NOTHING, Checkpoint, Reached, Recorded
from tests.eventsourcing.conftest import Store
from tests.eventsourcing.lamp import CODEC, Event, TurnedOff, TurnedOn, to_append

Batches: TypeAlias = AsyncIterator[Sequence[Recorded[Event]]]


class _Counting(MemoryStore[Event]):
    """Counts how often somebody reads the log."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.reads = 0

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[Event]]:
        self.reads += 1
        return await super().read_log(after, limit)


async def _record(store: Store, begin: int, end: int) -> None:
    for number in range(begin, end):
        stream = StreamName(f"lamp/{number}")
        await store.append(to_append(TurnedOn(), stream=stream, command_id=f"{number}"))


async def _next(batches: Batches) -> list[int]:
    return [one.position for one in await asyncio.wait_for(anext(batches), 10)]


async def _all_up_to(end: int, batches: Batches) -> list[int]:
    positions: list[int] = []
    async with asyncio.timeout(20):
        async for batch in batches:
            positions += [one.position for one in batch]
            if positions[-1] >= end:
                break
    return positions


async def test_a_reader_catches_up_and_then_follows(store: Store) -> None:
    await _record(store, 0, 3)
    batches = Feed(store).follow(BEGINNING)
    assert await _next(batches) == [1, 2, 3]

    waiting = asyncio.ensure_future(_next(batches))
    await _record(store, 3, 4)

    assert await waiting == [4]


async def test_a_reader_begins_behind_its_checkpoint(store: Store) -> None:
    await _record(store, 0, 3)
    assert await _next(Feed(store).follow(Checkpoint(2))) == [3]


async def test_the_events_of_a_command_come_together(store: Store) -> None:
    batches = Feed(store).follow(BEGINNING)
    waiting = asyncio.ensure_future(_next(batches))
    await store.append(to_append(TurnedOn(), TurnedOff()))
    assert await waiting == [1, 2]


async def test_every_reader_gets_everything(store: Store) -> None:
    feed = Feed(store)
    readers = [asyncio.ensure_future(_all_up_to(9, feed.follow(BEGINNING))) for _ in range(5)]
    await _record(store, 0, 9)
    assert await asyncio.gather(*readers) == [list(range(1, 10))] * 5


async def test_a_reader_ahead_of_what_was_told_waits(store: Store) -> None:
    """As when the log was read between a commit and the telling of it."""
    await _record(store, 0, 1)
    feed = Feed(store)
    await _record(store, 1, 2)
    waiting = asyncio.ensure_future(_next(feed.follow(Checkpoint(3))))
    for _ in range(5):
        await asyncio.sleep(0)
    for number in range(2, 4):
        await _record(store, number, number + 1)
    assert await waiting == [4]


async def test_the_last_event_is_told_or_found(store: Store) -> None:
    await _record(store, 0, 3)
    feed = Feed(store)
    assert feed.last == NOTHING

    await feed.find_end()
    *_, third = await store.read_log(BEGINNING, 3)
    assert feed.last == Reached.by(third)

    await _record(store, 3, 4)
    (fourth,) = await store.read_log(third.position, 1)
    assert feed.last == Reached.by(fourth)

    feed.drop()
    await feed.find_end()
    assert feed.last == Reached.by(fourth)


async def test_of_an_empty_log_nothing_is_found(store: Store) -> None:
    feed = Feed(store)
    await feed.find_end()
    assert (feed.end, feed.last) == (BEGINNING, NOTHING)
    assert await feed.holds(NOTHING)


@pytest.mark.parametrize("seed", range(20))
async def test_there_is_no_gap_and_no_double_at_the_seam(store: Store, seed: int) -> None:
    """Readers of many speeds begin in the middle of the log while writers append."""
    chance = Random(seed)  # noqa: S311 - an interleaving, and the same again
    await _record(store, 0, 20)
    feed = Feed(store)
    end = 140

    async def step_aside(most: int) -> None:
        for _ in range(chance.randrange(most)):
            await asyncio.sleep(0)

    async def write(begin: int) -> None:
        for number in range(begin, begin + 30):
            await _record(store, number, number + 1)
            await step_aside(3)

    async def read() -> tuple[int, list[int]]:
        await step_aside(60)
        begin = Checkpoint(chance.randrange(20))
        positions: list[int] = [begin]
        batches = feed.follow(begin)
        while positions[-1] < end:
            positions += [one.position for one in await anext(batches)]
            await step_aside(8)
        return begin, positions[1:]

    async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(read()) for _ in range(6)]
        for writer in range(4):
            tasks.create_task(write(20 + 30 * writer))

    for reader in readers:
        begin, positions = reader.result()
        assert positions == list(range(begin + 1, end + 1))


async def test_who_keeps_up_is_served_from_memory() -> None:
    store = _Counting()
    batches = Feed(store).follow(BEGINNING)
    for number in range(10):
        await _record(store, number, number + 1)
        assert await _next(batches) == [number + 1]
    assert store.reads == 0


async def test_who_lags_is_served_from_the_store() -> None:
    store = _Counting()
    batches = Feed(store).follow(BEGINNING)
    await _record(store, 0, 1)
    assert await _next(batches) == [1]
    assert store.reads == 0

    await _record(store, 1, 6_000)

    assert await _all_up_to(6_000, batches) == list(range(2, 6_001))
    assert 0 < store.reads < 6
