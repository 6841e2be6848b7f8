"""Timers: set and cancelled by events, fired once, whatever happens to the server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clouds_edges.eventsourcing.memory import MemoryStore
from tests.eventsourcing.house import BRIGHT, STAIR_SWITCH, SWITCH, House
from tests.eventsourcing.lamp import HALL, Event, TurnedOff, TurnedOn

FIVE_MINUTES = BRIGHT.total_seconds()


@pytest.fixture
def house(memory: MemoryStore[Event], tmp_path: Path) -> Iterator[House]:
    house = House(memory, tmp_path / "processes.db")
    yield house
    house.file.close()


async def test_a_timer_is_fired_when_it_is_due(house: House) -> None:
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await house.clock.idle()
        assert runner.status.timers == 1

        house.clock.advance(FIVE_MINUTES)
        await house.clock.idle()
        assert runner.status.timers == 0

    (command,) = house.given
    assert (command.id, command.cause) == ("stair-switch:1:off:0", "lamp/hall@1")
    assert (command.by, command.at) == (SWITCH, house.clock.now())
    assert await house.events(HALL) == [TurnedOn(), TurnedOff()]
