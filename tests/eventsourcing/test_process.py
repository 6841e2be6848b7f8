"""A process that keeps the attic's lamp as the hall's."""

import asyncio

import pytest

from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.eventsourcing.errors import BrokenChain, StoreUnavailable
from clouds_edges.eventsourcing.process import Process, Reaction
from clouds_edges.eventsourcing.process_runner import rest_until
from clouds_edges.eventsourcing.process_status import ProcessState
from clouds_edges.eventsourcing.recorded import Recorded
from tests.eventsourcing.house import UPSTAIRS, House, Steps
from tests.eventsourcing.lamp import (
    ATTIC,
    NOON,
    Event,
    Flash,
    Labelled,
    Switch,
    TurnedOff,
    TurnedOn,
)

DISK_FULL = StoreUnavailable("the disk is full")


async def test_an_event_leads_to_commands(house: House) -> None:
    async with house.running():
        await house.happen(TurnedOn(), TurnedOff())

    assert await house.events(ATTIC) == [TurnedOn(), TurnedOff()]


async def test_a_command_has_its_id_from_process_position_and_step(house: House) -> None:
    async with house.running():
        await house.happen(TurnedOff(), TurnedOff(), Labelled("two steps"))

    *_, first, second = house.given
    assert [first.id, second.id] == ["the-same-upstairs:3:0", "the-same-upstairs:3:1"]
    assert first == Issued(
        Flash(), UPSTAIRS, NOON, CommandId("the-same-upstairs:3:0"), cause="lamp/hall@3"
    )
    assert {one.cause for one in await house.store.read_stream(ATTIC)} == {"lamp/hall@3"}


async def test_a_process_goes_on_where_it_was(house: House) -> None:
    async with house.running():
        await house.happen(TurnedOn())
    house.reopen_file()
    async with house.running():
        await house.happen(TurnedOff())

    assert [one.id for one in house.given] == ["the-same-upstairs:1:0", "the-same-upstairs:3:0"]


async def test_a_lost_file_has_no_second_effect(house: House) -> None:
    async with house.running():
        await house.happen(TurnedOn(), Labelled("flash"), TurnedOff())
    before = await house.events(ATTIC)
    house.lose_file()

    async with house.running():
        pass

    assert len(house.given) == 8
    assert [answer.is_duplicate for answer in house.answers] == [False] * 4 + [True] * 4
    assert await house.events(ATTIC) == before


async def test_other_ids_would_have_a_second_effect(house: House) -> None:
    """The control of the test above."""
    for number in range(2):
        await house.give(ATTIC, Issued(Flash(), UPSTAIRS, NOON, CommandId(f"{number}")))
    assert len(await house.events(ATTIC)) == 4


async def test_a_refused_command_is_done(house: House) -> None:
    async with house.running() as runner:
        await house.happen(TurnedOff(), TurnedOn())

    assert len(house.given) == 2
    assert await house.events(ATTIC) == [TurnedOn()]
    assert runner.status.stuck == ()


async def test_a_reaction_that_is_another_now_is_done(house: House) -> None:
    async def flash(_: Recorded[Event]) -> Steps:
        return [Reaction(ATTIC, Flash(), UPSTAIRS)]

    async with house.running(Process(UPSTAIRS.id, (Labelled,), flash)):
        await house.happen(Labelled("hall"))
    before = await house.events(ATTIC)
    house.lose_file()

    async def switch_instead(_: Recorded[Event]) -> Steps:
        return [Reaction(ATTIC, Switch(on=True), UPSTAIRS)]

    async with house.running(Process(UPSTAIRS.id, (Labelled,), switch_instead)) as runner:
        pass

    assert runner.status.stuck == ()
    assert await house.events(ATTIC) == before


async def test_a_process_waits_for_the_store_however_long_it_takes(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.troubles = [DISK_FULL] * 60

    async with house.running() as runner:
        await house.happen(TurnedOn(), Labelled("two steps"))
        await house.clock.idle()
        status = runner.status
        assert (status.state, status.error) == (ProcessState.WAITING, "the disk is full")
        while house.troubles:
            house.clock.advance(1)
            await house.clock.idle()
        house.clock.advance(1)
        await house.clock.idle()
        assert (runner.status.state, runner.status.error) == (ProcessState.FOLLOWING, None)

    assert await house.events(ATTIC) == [TurnedOn()] + [TurnedOff(), TurnedOn()] * 2
    assert runner.status.stuck == ()
    assert caplog.text.count("the disk is full") == 1


async def test_trouble_between_two_steps_repeats_the_first_without_effect(house: House) -> None:
    house.troubles = [None, DISK_FULL]

    async with house.running() as runner:
        await house.happen(Labelled("two steps"))
        await house.clock.idle()
        assert runner.status.state is ProcessState.WAITING
        house.clock.advance(1)

    assert [one.id[-1] for one in house.given] == ["0", "1", "0", "1"]
    assert await house.events(ATTIC) == [TurnedOn(), TurnedOff()] * 2


async def test_a_stream_that_cannot_be_read_is_passed_over(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.troubles = [BrokenChain(ATTIC, 3)]

    async with house.running() as runner:
        await house.happen(TurnedOff(), TurnedOn())

    assert await house.events(ATTIC) == [TurnedOn()]
    assert runner.status.stuck == ()
    assert "lamp/attic was changed after it was recorded, at version 3" in caplog.text


async def test_a_bug_stops_the_process_until_it_is_resumed(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.running() as runner:
        await house.happen(TurnedOn())
        await house.clock.idle()
        house.clock.broken = ZeroDivisionError("a clock of no hours")
        await house.happen(TurnedOff())
        async with asyncio.timeout(10):
            while runner.failure is None:  # noqa: ASYNC110 - it rests nowhere that we know of
                await asyncio.sleep(0)
        status = runner.status
        assert (status.state, status.error) == (ProcessState.STOPPED, "a clock of no hours")
        assert "the process the-same-upstairs has stopped" in caplog.text
        assert house.file.load(UPSTAIRS.id).checkpoint == 1

        house.clock.broken = None
        runner.resume()
        await house.clock.idle()
        assert runner.status.state is ProcessState.FOLLOWING

    assert await house.events(ATTIC) == [TurnedOn(), TurnedOff()]


async def test_a_process_pauses_and_resumes(house: House) -> None:
    async with house.running() as runner:
        runner.pause()
        await house.happen(TurnedOn())
        await house.clock.idle()
        assert (runner.status.state, runner.status.lag) == (ProcessState.PAUSED, 1)
        assert house.given == []

        runner.resume()
        await house.clock.idle()
        assert (runner.status.state, runner.status.lag) == (ProcessState.FOLLOWING, 0)

    assert await house.events(ATTIC) == [TurnedOn()]


async def test_a_pause_begins_after_the_event_at_hand(house: House) -> None:
    async def pause_then_switch(_: Recorded[Event]) -> Steps:
        runner.pause()
        return [Reaction(ATTIC, Flash(), UPSTAIRS)]

    async with house.running(Process(UPSTAIRS.id, (Labelled,), pause_then_switch)) as runner:
        await house.happen(Labelled("one"), Labelled("two"))
        await house.clock.idle()
        assert (runner.status.position, runner.status.lag) == (1, 3)


async def test_what_a_process_does_not_want_does_not_wake_it(house: House) -> None:
    async with house.running(Process(UPSTAIRS.id, (Labelled,), _never)) as runner:
        for _ in range(5):
            await house.happen(TurnedOn(), TurnedOff())
            await house.clock.idle()
        assert len(house.clock.rests) == 1
        assert (runner.status.position, runner.status.lag) == (10, 0)


async def _never(_: Recorded[Event]) -> Steps:
    raise AssertionError


async def test_what_a_process_does_not_want_is_passed_now_and_then(house: House) -> None:
    process = Process(UPSTAIRS.id, (Labelled,), _never)
    async with house.running(process):
        await house.happen(*[TurnedOn()] * 1500)
    assert house.file.load(UPSTAIRS.id).checkpoint == 1024
    async with house.running(process):
        await house.happen(*[TurnedOn()] * 400)
    assert house.file.load(UPSTAIRS.id).checkpoint == 1024


async def test_a_process_that_lags_says_so(house: House) -> None:
    await house.happen(TurnedOn(), TurnedOff())
    async with house.running() as runner:
        assert (runner.status.position, runner.status.lag) == (4, 0)
    house.lose_file()
    house.troubles = [DISK_FULL]
    async with house.running() as runner:
        assert (runner.status.position, runner.status.lag) == (0, 4)


async def test_a_rest_ends_after_its_time_or_when_woken() -> None:
    wake = asyncio.Event()
    async with asyncio.timeout(10):
        await rest_until(wake, 0.001)
        asyncio.get_running_loop().call_soon(wake.set)
        await rest_until(wake, None)
