from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.house import House
from tests.eventsourcing.lamp import CODEC, Event
from tests.eventsourcing.scribe import Scribe

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


@pytest.fixture
def house(memory: MemoryStore[Event], tmp_path: Path) -> Iterator[House]:
    house = House(memory, tmp_path / "processes.db")
    yield house
    house.file.close()


@pytest.fixture
def scribe() -> Scribe:
    return Scribe()
