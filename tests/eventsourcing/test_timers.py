"""Timers: set and cancelled by events, fired once, whatever happens to the server."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import BrokenChain, StoreUnavailable
from clouds_edges.eventsourcing.process import Process
from clouds_edges.eventsourcing.process_status import ProcessState
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.eventsourcing.timers import SetTimer, Timer, Timers
from tests.eventsourcing.house import (
    BRIGHT,
    FIVE_MINUTES,
    STAIR_SWITCH,
    SWITCH,
    House,
    Steps,
    a_timer,
    let_pass,
)
from tests.eventsourcing.lamp import (
    ATTIC,
    HALL,
    NOON,
    Event,
    Labelled,
    TurnedOff,
    TurnedOn,
)


async def test_a_timer_is_fired_when_it_is_due(house: House) -> None:
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES - 0.5)
        assert (house.given, runner.status.timers) == ([], 1)
        await let_pass(house, 0.5)
        assert runner.status.timers == 0

    (command,) = house.given
    assert (command.id, command.cause) == ("stair-switch:1:off:0", "lamp/hall@1")
    assert (command.by, command.at) == (SWITCH, NOON + BRIGHT)
    assert await house.events(HALL) == [TurnedOn(), TurnedOff()]


async def test_a_timer_is_fired_once(house: House) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES)
        await let_pass(house, FIVE_MINUTES)
    house.reopen_file()
    async with house.running(STAIR_SWITCH):
        await let_pass(house, FIVE_MINUTES)
    assert len(house.given) == 1


async def test_a_cancelled_timer_is_not_fired(house: House) -> None:
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, 60)
        await house.happen(TurnedOff())
        await house.clock.idle()
        assert runner.status.timers == 0
        await let_pass(house, FIVE_MINUTES)
    assert house.given == []


async def test_a_timer_of_the_same_name_replaces_the_first(house: House) -> None:
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES - 1)
        await house.happen(TurnedOn())
        await let_pass(house, 1)
        assert (house.given, runner.status.timers) == ([], 1)
        await let_pass(house, FIVE_MINUTES - 1)
    assert [one.id for one in house.given] == ["stair-switch:2:off:0"]


async def test_each_stream_has_its_own_timers_fired_in_the_order_they_are_due(
    house: House,
) -> None:
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, 60)
        await house.happen(TurnedOn(), stream=ATTIC)
        await house.clock.idle()
        assert runner.status.timers == 2
        await let_pass(house, 2 * FIVE_MINUTES)
    assert [one.cause for one in house.given] == ["lamp/hall@1", "lamp/attic@1"]


async def test_a_timer_survives_a_restart(house: House) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
    house.reopen_file()
    async with house.running(STAIR_SWITCH) as runner:
        assert runner.status.timers == 1
        await let_pass(house, FIVE_MINUTES)
    assert await house.events(HALL) == [TurnedOn(), TurnedOff()]


async def test_a_timer_that_was_saved_survives_a_restart(house: House) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn(), *[Labelled("nothing")] * 1100)
    assert len(house.file.load(SWITCH.id).timers) == 1
    house.reopen_file()
    async with house.running(STAIR_SWITCH):
        await let_pass(house, FIVE_MINUTES)
    assert (await house.events(HALL))[-1] == TurnedOff()
    assert house.file.load(SWITCH.id).timers == ()


async def test_a_timer_that_became_due_while_nothing_ran_is_fired_at_the_start(
    house: House,
) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
    house.clock.advance(24 * 3600)
    async with house.running(STAIR_SWITCH):
        pass
    (command,) = house.given
    assert command.at == NOON + timedelta(days=1)


async def test_a_timer_is_not_fired_before_everything_has_been_read(house: House) -> None:
    """What happened while the process was away may have cancelled it."""
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
    house.clock.advance(24 * 3600)
    await house.happen(*[Labelled("nothing")] * 2000, TurnedOff())
    async with house.running(STAIR_SWITCH) as runner:
        assert runner.status.timers == 0
    assert house.given == []


async def test_a_clock_put_forward_is_noticed_within_half_a_minute(house: House) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
        await house.clock.idle()
        house.clock.jump(3600)
        await house.clock.idle()
        assert house.given == []
        await let_pass(house, 30)
    assert len(house.given) == 1


async def test_a_clock_put_back_delays_a_timer_and_fires_it_once(house: House) -> None:
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
        await house.clock.idle()
        house.clock.jump(-3600)
        for _ in range(20):
            await let_pass(house, 30)
        assert house.given == []
        await let_pass(house, 3600)
        await let_pass(house, 3600)
    assert len(house.given) == 1


async def test_a_timer_waits_for_the_store(house: House) -> None:
    house.troubles = [StoreUnavailable("the disk is full")] * 3
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES)
        assert (runner.status.state, runner.status.timers) == (ProcessState.WAITING, 1)
        for _ in range(3):
            await let_pass(house, 1)
        assert (runner.status.stuck, runner.status.timers) == ((), 0)
    assert {one.id for one in house.given} == {"stair-switch:1:off:0"}
    assert await house.events(HALL) == [TurnedOn(), TurnedOff()]


async def test_a_timer_of_a_stream_that_cannot_be_read_is_passed_over(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.troubles = [BrokenChain(HALL, 1)]
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES)
        assert (runner.status.stuck, runner.status.timers) == ((), 0)
    assert "stair-switch on lamp/hall@1: lamp/hall was changed" in caplog.text


async def test_a_process_without_on_due_may_set_timers_to_no_avail(house: House) -> None:
    async def set_one(recorded: Recorded[Event]) -> Steps:
        return [SetTimer("in vain", recorded.at)]

    async with house.running(Process("vain", (TurnedOn,), set_one)) as runner:
        await house.happen(TurnedOn())
        await runner.rebuild()
    assert runner.status.timers == 0
    assert house.given == []


_streams = st.sampled_from([HALL, ATTIC, StreamName("lamp/cellar")])
_names = st.sampled_from(["on", "off"])
_acts = st.one_of(
    st.builds(a_timer, _streams, _names, st.integers(0, 5), st.integers(1, 9)),
    st.tuples(_streams, _names),
    st.frozensets(_streams),
)


@given(st.lists(_acts, max_size=200))
def test_timers_are_what_a_dictionary_would_be(
    acts: list[Timer | tuple[StreamName, str] | frozenset[StreamName]],
) -> None:
    """A set of streams stands for looking who is due first while these are held up."""
    timers, model = Timers(), dict[tuple[StreamName, str], Timer]()
    for act in acts:
        if isinstance(act, Timer):
            timers.set(act)
            model[act.stream, act.name] = act
        elif isinstance(act, tuple):
            timers.remove(act)
            model.pop(act, None)
        else:
            free = [timer for timer in model.values() if timer.stream not in act]
            earliest = timers.earliest(held=act)
            assert (earliest is None) == (not free)
            if earliest is not None:
                assert earliest in free
                assert earliest.due == min(timer.due for timer in free)
            for stream in act:
                timers.release(stream)
        assert len(timers) == len(model)
    assert set(timers.all()) == set(model.values())


def test_a_timer_that_is_replaced_a_thousand_times_takes_no_more_room() -> None:
    timers = Timers()
    for seconds in range(10_000, 0, -1):
        timers.set(a_timer(seconds=seconds, position=10_001 - seconds))
    assert len(timers._heap) < 100  # noqa: SLF001 - that is what it is about
    assert timers.earliest(held=()) == a_timer(seconds=1, position=10_000)
