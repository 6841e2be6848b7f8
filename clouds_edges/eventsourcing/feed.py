"""Every recorded event in one order: catch up with the store, then follow what is committed.

Readers pull from their own checkpoint. A reader at the end of the log is served from the latest
events in memory; one that lags, from the store. Positions have no holes, so the seam between the
two needs no care: whichever serves, the next batch begins right behind the checkpoint.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from clouds_edges.eventsourcing.recorded import (
    BEGINNING,
    NOTHING,
    Checkpoint,
    Reached,
    Recorded,
)
from clouds_edges.eventsourcing.store import holds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from clouds_edges.eventsourcing.store import EventStore

E = TypeVar("E")

_LATEST: Final = 4096
"""How many events stay in memory for readers that keep up."""
_BATCH: Final = 512
"""How many events are read from the store, or handed on, at once."""
_NUDGE_EVERY: Final = _LATEST // 4
"""After how many events who listens for a few kinds hears of the others too."""


class Feed(Generic[E]):
    """The log of a store as a stream that does not end."""

    def __init__(self, store: EventStore[E]) -> None:
        self.last = NOTHING
        """The last event of the log that can be read, as far as it was told here or found."""
        self._store = store
        self._latest: deque[Recorded[E]] = deque(maxlen=_LATEST)
        self._news = asyncio.Event()
        self._listeners: dict[type, list[asyncio.Event]] = {}
        self._nudged = BEGINNING
        self._found = BEGINNING
        store.subscribe(self._committed)

    @property
    def end(self) -> Checkpoint:
        """Where the log ends, as far as it was told here or found."""
        return self._latest[-1].position if self._latest else self._found

    async def find_end(self) -> None:
        """Look where the log ends, if nothing was told here yet."""
        if self._latest:
            return
        self._found = await self._store.end()
        for one in await self._store.read_log(Checkpoint(max(0, self._found - 1)), 1):
            self._come_to(one)

    async def holds(self, reached: Reached) -> bool:
        """Whether what has come to this event follows this log."""
        return await holds(self._store, reached)

    def listen(self, wake: asyncio.Event, events: tuple[type, ...]) -> None:
        """Set this for every event of exactly these classes, and now and then for others.

        Who waits for a few kinds costs the many of other kinds next to nothing. For ever.
        """
        for event in events:
            self._listeners.setdefault(event, []).append(wake)

    async def follow(self, after: Checkpoint) -> AsyncIterator[Sequence[Recorded[E]]]:
        """Batches of events behind a checkpoint, in the order of the log, without end.

        Raises:
            UnreadableEvent: An event that is not in memory any more cannot be read.
        """
        while True:
            news = self._news
            batch = await self.read(after)
            if batch:
                yield batch
                after = batch[-1].position
            else:
                await news.wait()

    async def read(self, after: Checkpoint, limit: int = _BATCH) -> Sequence[Recorded[E]]:
        """The events behind a checkpoint that there are now, in the order of the log.

        Raises:
            StoreUnavailable: See `EventStore.read_log`.
        """
        batch = self._from_memory(after, limit)
        return await self._store.read_log(after, limit) if batch is None else batch

    async def at(self, position: Checkpoint) -> Recorded[E] | None:
        """The event at a position; None when there is none that can be read."""
        batch = await self.read(Checkpoint(position - 1), 1)
        return batch[0] if batch and batch[0].position == position else None

    def drop(self) -> None:
        """Keep nothing in memory: what is asked for is read from the store."""
        self._found = self.end
        self._latest.clear()

    def _from_memory(self, after: Checkpoint, limit: int) -> Sequence[Recorded[E]] | None:
        """The events behind the checkpoint, or None when memory does not reach back to it."""
        if not self._latest or after < self._latest[0].position - 1:
            return None
        count = self._latest[-1].position - after
        if count < 0:  # the reader had it from the store before it was told here
            return ()
        news = list(islice(reversed(self._latest), count))
        return news[: -limit - 1 : -1]

    def _committed(self, recorded: Sequence[Recorded[E]]) -> None:
        self._latest.extend(recorded)
        self._come_to(recorded[-1])
        self._news.set()
        self._news = asyncio.Event()
        for one in recorded:
            for wake in self._listeners.get(type(one.event), ()):
                wake.set()
        if recorded[-1].position - self._nudged >= _NUDGE_EVERY:
            self._nudge(recorded[-1].position)

    def _come_to(self, recorded: Recorded[E]) -> None:
        if recorded.position > self.last.position:
            self.last = Reached.by(recorded)

    def _nudge(self, position: Checkpoint) -> None:
        """Let nobody fall so far behind that memory does not reach back."""
        self._nudged = position
        for wakes in self._listeners.values():
            for wake in wakes:
                wake.set()
