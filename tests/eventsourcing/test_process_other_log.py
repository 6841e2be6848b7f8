"""A process whose log is not the one it has followed: a backup was put back, or another came."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.process import Process
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.eventsourcing.stuck import NotStuck
from tests.eventsourcing.house import BRIGHT, STAIR_SWITCH, UPSTAIRS, House, LampProcess, Steps
from tests.eventsourcing.lamp import (
    ATTIC,
    CODEC,
    HALL,
    Event,
    Labelled,
    TurnedOff,
    TurnedOn,
)

WARNING = "begins anew: this is not the log that it has followed"


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def house(log: MemoryLog, tmp_path: Path) -> Iterator[House]:
    house = House(MemoryStore(CODEC, log), tmp_path / "processes.db")
    yield house
    house.file.close()


def put_back(house: House, log: MemoryLog, end: int) -> None:
    """Put back the log as it was, beside a file that is as new as before; it is a restart."""
    older = MemoryLog(log.entries(BEGINNING, Checkpoint(end)))
    house.restart_with(MemoryStore(CODEC, older))


async def test_beside_an_older_log_a_process_begins_anew(
    house: House, log: MemoryLog, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.running():
        for _ in range(5):
            await house.happen(TurnedOn(), TurnedOff())
    put_back(house, log, end=2)

    async with house.running() as runner:
        await house.happen(TurnedOn())
        await house.clock.idle()
        assert runner.status.lag == 0

    assert await house.events(ATTIC) == [TurnedOn(), TurnedOff(), TurnedOn()]
    assert f"{UPSTAIRS.id} {WARNING}" in caplog.text


async def test_beside_its_own_log_a_process_goes_on(
    house: House, log: MemoryLog, caplog: pytest.LogCaptureFixture
) -> None:
    """The control: all the same, but nothing is missing."""
    async with house.running():
        await house.happen(TurnedOn(), TurnedOff())
    given = len(house.given)
    put_back(house, log, end=log.end())

    async with house.running():
        await house.happen(TurnedOn())

    assert len(house.given) == given + 1
    assert WARNING not in caplog.text


async def test_beside_another_log_that_is_as_long_a_process_begins_anew(house: House) -> None:
    async with house.running():
        await house.happen(TurnedOn(), TurnedOff())
    house.restart_with(MemoryStore(CODEC))
    await house.happen(*[Labelled("another")] * 4)
    await house.happen(TurnedOn())
    house.given.clear()

    async with house.running():
        pass

    assert [one.id for one in house.given][-1] == "the-same-upstairs:5:0"


async def test_what_came_of_the_last_event_that_is_left_comes_again(
    house: House, log: MemoryLog
) -> None:
    async with house.running():
        await house.happen(TurnedOn())
    assert log.end() == 2
    put_back(house, log, end=1)

    async with house.running():
        pass

    assert await house.events(ATTIC) == [TurnedOn()]


async def test_a_timer_fires_again_when_the_log_has_lost_what_came_of_it(
    house: House, log: MemoryLog
) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
        await house.clock.idle()
        house.clock.advance(BRIGHT.total_seconds())
    assert log.end() == 2
    put_back(house, log, end=1)

    async with house.running(STAIR_SWITCH):
        pass

    assert await house.events(HALL) == [TurnedOn(), TurnedOff()]
    assert [one.id for one in house.given] == ["stair-switch:1:off:0"] * 2


async def test_what_was_passed_over_is_known_too(house: House, log: MemoryLog) -> None:
    process: LampProcess = Process(UPSTAIRS.id, (Labelled,), _fail)
    async with house.running(process):
        await house.happen(*[TurnedOn()] * 1500)
    assert house.file.load(UPSTAIRS.id).checkpoint == 1024
    put_back(house, log, end=100)

    async with house.running(process) as runner:
        await house.happen(Labelled("behind the end"))
        await house.clock.idle()
        assert [one.position for one in runner.status.stuck] == [101]


async def _fail(recorded: Recorded[Event]) -> Steps:
    raise LookupError(recorded.name)


async def test_what_was_stuck_in_the_other_log_is_not_any_more(
    house: House, log: MemoryLog
) -> None:
    process: LampProcess = Process(UPSTAIRS.id, (Labelled,), _fail)
    async with house.running(process):
        await house.happen(TurnedOn(), Labelled("poison"))
    put_back(house, log, end=1)

    with pytest.raises(NotStuck):
        await house.runner(process).skip(HALL)
    assert house.file.load(UPSTAIRS.id).waiting == ()


async def test_timers_of_the_other_log_are_not_made_again(house: House, log: MemoryLog) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(Labelled("the hall"), TurnedOn())
        await house.happen(TurnedOn(), stream=ATTIC)
        await house.clock.idle()
        house.clock.advance(1)
    async with house.running(STAIR_SWITCH) as runner:
        await runner.rebuild()
        assert runner.status.timers == 2
    put_back(house, log, end=2)

    runner = house.runner(STAIR_SWITCH)
    await runner.rebuild()

    assert (runner.status.timers, runner.status.position) == (0, 0)
