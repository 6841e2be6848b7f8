"""Many commit at once: a follower sees every position exactly once, in order (F18)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.conftest import Store
from tests.eventsourcing.lamp import ATTIC, CODEC, HALL, NOON, Event, TurnedOff, TurnedOn, to_append

_WRITERS: Final = 16
_EACH: Final = 20


async def _followed(store: Store, up_to: int) -> list[int]:
    """The positions that a reader sees which goes on from its checkpoint whenever it is told."""
    seen: list[int] = []
    async with asyncio.timeout(20):
        async for batch in Feed(store).follow(BEGINNING):
            seen += [one.position for one in batch]
            if len(seen) >= up_to:
                break
    return seen


async def _polled(store: Store, is_over: Callable[[], bool]) -> list[int]:
    """The positions that a reader sees which asks again and again, to the end."""
    seen: list[int] = []
    checkpoint = BEGINNING
    while True:
        was_over = is_over()
        batch = await store.read_log(checkpoint, 7)
        seen += [one.position for one in batch]
        checkpoint = batch[-1].position if batch else checkpoint
        if was_over and not batch:
            return seen
        await asyncio.sleep(0)


async def _commit(store: Store, writer: int) -> None:
    stream = StreamName(f"lamp/{writer}")
    for number in range(_EACH):
        events = (TurnedOn(), TurnedOff())[: 1 + number % 2]
        after = len(await store.read_stream(stream))
        await store.append(
            to_append(*events, stream=stream, after=after, command_id=f"{writer}-{number}")
        )


async def test_of_many_committers_at_once_every_position_is_seen_once(store: Store) -> None:
    everything = _WRITERS * _EACH * 3 // 2
    following = asyncio.ensure_future(_followed(store, everything))
    writing = asyncio.gather(*(_commit(store, writer) for writer in range(_WRITERS)))
    polling = asyncio.ensure_future(_polled(store, writing.done))

    await writing

    assert await following == await polling == list(range(1, everything + 1))


async def test_while_one_commit_is_held_open_another_does_not_overtake_it(tmp_path: Path) -> None:
    """The writer's transaction stands still before its commit, with the position taken."""
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        is_held, may_go_on = threading.Event(), threading.Event()

        def hold() -> bool:
            is_held.set()
            may_go_on.wait(20)
            return False

        store._writer.connection.set_commit_hook(hold)  # noqa: SLF001 - a place where A is open
        a = asyncio.ensure_future(store.append(to_append(TurnedOn(), command_id="a")))
        await asyncio.to_thread(is_held.wait, 20)
        b = asyncio.ensure_future(store.append(to_append(TurnedOn(), stream=ATTIC, command_id="b")))
        following = asyncio.ensure_future(_followed(store, 2))
        polling = asyncio.ensure_future(_polled(store, b.done))
        for _ in range(20):
            assert not await store.read_log(BEGINNING, 10)
        assert not a.done()
        assert not b.done()

        may_go_on.set()

        assert [one.recorded[0].position for one in await asyncio.gather(a, b)] == [1, 2]
        assert await following == await polling == [1, 2]


class _WithoutLock(MemoryStore[Event]):
    """The control: a position is taken when a commit begins, and nobody else waits for its end."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self._taken = 0
        self._visible: list[Recorded[Event]] = []

    @asynccontextmanager
    async def committing(self, stream: StreamName) -> AsyncIterator[None]:
        self._taken += 1
        position = Checkpoint(self._taken)
        yield
        recorded = Recorded(
            position, stream, 1, TurnedOn(), NOON, "ann", CommandId(stream), None, b""
        )
        self._visible = sorted([*self._visible, recorded], key=lambda one: one.position)

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[Event]]:
        return [one for one in self._visible if one.position > after][:limit]


async def test_without_the_lock_a_follower_loses_what_was_overtaken() -> None:
    store = _WithoutLock()
    is_over = False
    async with store.committing(HALL):
        async with store.committing(ATTIC):
            pass
        polling = asyncio.ensure_future(_polled(store, lambda: is_over))
        for _ in range(10):
            await asyncio.sleep(0)
    is_over = True

    assert await polling == [2]
    assert [one.position for one in await store.read_log(BEGINNING, 10)] == [1, 2]
