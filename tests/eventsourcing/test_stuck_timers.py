"""A process that fails at a timer, or at an event of a stream that has one."""

from clouds_edges.eventsourcing.stuck import MOST_TRIES, Stuck
from tests.eventsourcing.house import House
from tests.eventsourcing.lamp import HALL
from tests.eventsourcing.scribe import CELLAR, FIRST, Scribe, labels, wait_until_parked


async def test_a_waiting_event_sets_its_timer_when_its_turn_comes(
    house: House, scribe: Scribe
) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("poison", "timer"))
        await house.clock.idle()
        assert runner.status.timers == 0
        await runner.skip(HALL)
        await house.clock.idle()
        assert runner.status.timers == 1


async def test_a_timer_is_not_fired_while_events_of_its_stream_wait(
    house: House, scribe: Scribe
) -> None:
    """One of them might cancel it."""
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("timer", "poison"))
        await house.happen(*labels("timer below"), stream=CELLAR)
        await house.clock.idle()
        house.clock.advance(3600)
        await house.clock.idle()
        assert "timer below is due" in scribe.read
        assert "timer is due" not in scribe.read

        await runner.skip(HALL)
        await house.clock.idle()
        assert scribe.read[-1] == "timer is due"


async def test_a_timer_that_fails_is_parked_like_an_event(house: House, scribe: Scribe) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("timer poison"))
        await house.clock.idle()
        house.clock.advance(3600)
        await house.clock.idle()
        await house.happen(*labels("second"))
        await wait_until_parked(house)
        parked = Stuck(
            HALL,
            FIRST,
            version=1,
            tries=MOST_TRIES,
            error="LookupError: timer poison",
            is_parked=True,
            waiting=1,
            timer="timer poison",
        )
        assert runner.status.stuck == (parked,)
        assert runner.status.timers == 0

    house.reopen_file()
    scribe.read.clear()
    async with house.running(scribe.process) as runner:
        assert runner.status.stuck == (parked,)
        scribe.is_cured = True
        await runner.retry(HALL)
    assert scribe.read == ["timer poison is due", "second"]


async def test_a_timer_that_fails_can_be_skipped(house: House, scribe: Scribe) -> None:
    async with house.running(scribe.process) as runner:
        await house.happen(*labels("timer poison"))
        await house.clock.idle()
        house.clock.advance(3600)
        await house.clock.idle()
        await runner.skip(HALL)
        await house.clock.idle()
        assert (runner.status.stuck, runner.status.timers) == ((), 0)
