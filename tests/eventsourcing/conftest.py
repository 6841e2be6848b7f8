from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeAlias

import pytest

from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.lamp import CODEC, Event

Store: TypeAlias = EventStore[Event]


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Every store, one after the other; a new store joins the contract here."""
    if request.param == "memory":
        yield MemoryStore(CODEC)
    else:
        async with SQLiteStore(tmp_path / "events.db", CODEC) as sqlite:
            yield sqlite


@pytest.fixture
def memory() -> MemoryStore[Event]:
    return MemoryStore(CODEC)
