"""A system on the files in a folder of which only the read models are at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from clouds_edges.application.system import KEYS, System, building_parts
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.read_models import run_together
from clouds_edges.eventsourcing.rebuild_process import BuilderOutside
from clouds_edges.eventsourcing.sqlite import SQLiteStore


@asynccontextmanager
async def reading_system(folder: Path) -> AsyncIterator[System]:
    """The read models have come to the end of the log; nobody reacts to it, all is said there."""
    log = folder / "events.db"
    builder = BuilderOutside(log, partial(building_parts, folder))
    with closing(KeyFile(folder / KEYS)) as keys:
        async with SQLiteStore(log, CODEC.sealed_by(keys)) as store:
            system = System(store, folder, lambda: datetime.now(UTC), builder=builder)  # noqa: TID251 - a rim too
            models = [*system.read_models.values()]
            following = asyncio.ensure_future(run_together(models, builder))
            while any(one.status.lag or not one.status.position for one in models):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.1)
            yield system
            following.cancel()
            await asyncio.wait([following])
            system.close()
