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

from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from clouds_edges.eventsourcing.store import EventStore

E = TypeVar("E")

_LATEST: Final = 4096
"""How many events stay in memory for readers that keep up."""
_BATCH: Final = 512
"""How many events are read from the store, or handed on, at once."""


class Feed(Generic[E]):
    """The log of a store as a stream that does not end."""

    def __init__(self, store: EventStore[E]) -> None:
        self._store = store
        self._latest: deque[Recorded[E]] = deque(maxlen=_LATEST)
        self._news = asyncio.Event()
        store.subscribe(self._committed)

    async def follow(self, after: Checkpoint) -> AsyncIterator[Sequence[Recorded[E]]]:
        """Batches of events behind a checkpoint, in the order of the log, without end.

        Raises:
            UnreadableEvent: An event that is not in memory any more cannot be read.
        """
        while True:
            news = self._news
            batch = self._from_memory(after)
            if batch is None:
                batch = await self._store.read_log(after, _BATCH)
            if batch:
                yield batch
                after = batch[-1].position
            else:
                await news.wait()

    def drop(self) -> None:
        """Keep nothing in memory: what is asked for is read from the store."""
        self._latest.clear()

    def _from_memory(self, after: Checkpoint) -> Sequence[Recorded[E]] | None:
        """The events behind the checkpoint, or None when memory does not reach back to it."""
        if not self._latest or after < self._latest[0].position - 1:
            return None
        count = self._latest[-1].position - after
        if count < 0:  # the reader had it from the store before it was told here
            return ()
        news = list(islice(reversed(self._latest), count))
        return news[: -_BATCH - 1 : -1]

    def _committed(self, recorded: Sequence[Recorded[E]]) -> None:
        self._latest.extend(recorded)
        self._news.set()
        self._news = asyncio.Event()
