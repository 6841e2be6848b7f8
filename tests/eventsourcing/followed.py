"""Read models that follow a log of lamps."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.eventsourcing.read_model_file import ReadModelFile
from clouds_edges.eventsourcing.read_models import run_together
from clouds_edges.eventsourcing.rebuild import Builder, BuilderInside
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.lamp import Event, TurnedOn, to_append
from tests.eventsourcing.lamp_models import Last, Switched

SWITCHED: Final = Switched()


@asynccontextmanager
async def following(
    store: EventStore[Event],
    folder: Path,
    projection: Projection[Event] = SWITCHED,
    builder: BuilderInside[Event] | None = None,
) -> AsyncIterator[ReadModel[Event]]:
    """A read model that follows a store for as long as the context lasts."""
    model = ReadModel(
        projection, folder, store, Feed(store), builder or BuilderInside(store), at_once
    )
    running = asyncio.ensure_future(model.run())
    yield model
    running.cancel()
    await asyncio.wait([running])
    model.close()


@asynccontextmanager
async def two_following(
    store: EventStore[Event],
    folder: Path,
    builder: Builder[Event],
    kind: type[ReadModel[Event]] = ReadModel,
) -> AsyncIterator[tuple[ReadModel[Event], ReadModel[Event]]]:
    """Two read models that follow a store for as long as the context lasts."""
    feed = Feed(store)
    switched = kind(SWITCHED, folder, store, feed, builder)
    last = kind(Last(), folder, store, feed, builder)
    running = asyncio.ensure_future(run_together([switched, last], builder))
    yield switched, last
    running.cancel()
    await asyncio.wait([running])
    switched.close()
    last.close()


async def at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


class Hasty(ReadModel[Event]):
    """Swaps without catching up first."""

    async def _lead_on(self, copy: ReadModelFile[Event]) -> None:
        pass


async def switch(store: EventStore[Event], times: int, after: int = 0) -> None:
    for n in range(after, after + times):
        await store.append(to_append(TurnedOn(), after=n, command_id=f"{n}"))


async def until_reached(model: ReadModel[Event], position: int) -> None:
    async with asyncio.timeout(10):
        while model.status.position < position:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
