"""Timers folded again from the log: nothing is fired twice, and nothing is lost."""

from collections.abc import Sequence

import pytest

from clouds_edges.eventsourcing.process import Process, Reaction
from clouds_edges.eventsourcing.process_status import ProcessState
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.eventsourcing.timers import CancelTimer, SetTimer, Timer, Timers
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
    Command,
    Event,
    Labelled,
    Look,
    Somebody,
    TurnedOff,
    TurnedOn,
)


async def test_a_rebuild_gives_no_command_and_finds_the_same_timers(house: House) -> None:
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES)
        await house.happen(TurnedOn())
        await house.happen(TurnedOn(), TurnedOff(), TurnedOn(), stream=ATTIC)
        await house.clock.idle()
        before, given = runner.status, list(house.given)

        await runner.rebuild()
        await house.clock.idle()

        assert (runner.status, house.given) == (before, given)
        await let_pass(house, FIVE_MINUTES)
    assert [one.cause for one in house.given] == ["lamp/hall@1", "lamp/hall@3", "lamp/attic@3"]


async def test_a_rebuild_that_forgot_what_was_fired_would_fire_it_again() -> None:
    """The control of the test above: the log alone does not tell what was fired and refused."""
    fired, pending = a_timer(HALL, seconds=1), a_timer(ATTIC, seconds=2)
    rebuilt = Timers([fired, pending])
    honest = Timers([fired, pending])
    honest.fired(fired)
    assert honest.replaced_by(rebuilt).all() == (pending,)
    assert set(Timers([pending]).replaced_by(rebuilt).all()) == {fired, pending}


async def test_a_rebuild_keeps_what_the_file_was_not_told_yet() -> None:
    timers = Timers([cancelled := a_timer(HALL, seconds=1)])
    timers.remove(key := (cancelled.stream, cancelled.name))
    assert key in timers.replaced_by(Timers()).changed


async def test_a_rebuild_is_kept(house: House) -> None:
    async with house.running(STAIR_SWITCH) as runner:
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES)
        await house.happen(TurnedOn())
        await house.clock.idle()
        await runner.rebuild()
    kept = house.file.load(SWITCH.id)
    assert [timer.position for timer in kept.timers] == [3]
    assert (kept.checkpoint, kept.fired_until) == (3, NOON + BRIGHT)


async def test_a_rebuild_by_another_program_sets_what_that_would_have_set(house: House) -> None:
    """Not what would have been fired by now: that is in the past."""
    async with house.running(STAIR_SWITCH):
        await house.happen(TurnedOn())
        await let_pass(house, FIVE_MINUTES)
        await house.happen(TurnedOn(), *[Labelled("nothing")] * 1100, stream=ATTIC)

    async def stay_bright_longer(recorded: Recorded[Event]) -> Steps:
        match recorded.event:
            case TurnedOn():
                wait = SetTimer("off", recorded.at + 2 * BRIGHT)
                return [SetTimer("blink", recorded.at + BRIGHT / 2), wait]
            case _:
                return [CancelTimer("off")]

    async def switch_off(timer: Timer) -> Sequence[Reaction[Command, Somebody]]:
        return [Reaction(timer.stream, Look(), SWITCH)]

    process = Process(SWITCH.id, (TurnedOn, TurnedOff), stay_bright_longer, switch_off)
    async with house.running(process) as runner:
        assert runner.status.timers == 1
        await runner.rebuild()
        await house.clock.idle()
        assert runner.status.timers == 2  # both of the attic; the hall's is cancelled or past
        await let_pass(house, 2 * FIVE_MINUTES)
    assert [one.id for one in house.given[1:]] == ["stair-switch:3:blink:0", "stair-switch:3:off:0"]


async def test_a_rebuild_leaves_what_is_stuck_and_what_was_skipped(house: House) -> None:
    poison = {2, 4}

    async def react(recorded: Recorded[Event]) -> Steps:
        if recorded.position in poison:
            raise LookupError(recorded.name)
        return [SetTimer(f"{recorded.position}", recorded.at + BRIGHT)]

    async def on_due(_: Timer) -> Sequence[Reaction[Command, Somebody]]:
        return []

    async with house.running(Process(SWITCH.id, (Labelled,), react, on_due)) as runner:
        await house.happen(*[Labelled("hall")] * 3)
        await house.clock.idle()
        await runner.skip(HALL)
        await house.happen(*[Labelled("hall")] * 2)
        await house.clock.idle()
        before = runner.status
        assert (before.timers, [one.waiting for one in before.stuck]) == (2, [1])
        poison.clear()

        await runner.rebuild()
        await house.clock.idle()
        assert runner.status == before
        await runner.retry(HALL)
        await house.clock.idle()
        assert runner.status.timers == 4

    house.reopen_file()
    async with house.running(Process(SWITCH.id, (Labelled,), react, on_due)) as runner:
        await runner.rebuild()
        assert runner.status.timers == 4


async def test_a_rebuild_that_fails_changes_nothing(house: House) -> None:
    is_broken = False

    async def react(recorded: Recorded[Event]) -> Steps:
        if is_broken:
            raise LookupError(recorded.name)
        return [SetTimer("off", recorded.at + BRIGHT)]

    process = Process(SWITCH.id, (TurnedOn,), react, STAIR_SWITCH.on_due)
    async with house.running(process) as runner:
        await house.happen(TurnedOn())
        await house.clock.idle()
        before, is_broken = runner.status, True
        with pytest.raises(LookupError):
            await runner.rebuild()
        assert runner.status == before
        is_broken = False
        await runner.rebuild()
        assert runner.status == before


async def test_a_rebuild_shows_how_far_it_is(house: House) -> None:
    seen = []

    async def react(recorded: Recorded[Event]) -> Steps:
        seen.append((runner.status.state, runner.status.rebuilt_to))
        return [SetTimer("off", recorded.at + BRIGHT)]

    process = Process(SWITCH.id, (TurnedOn,), react, STAIR_SWITCH.on_due)
    async with house.running(process) as runner:
        for _ in range(2):
            await house.happen(*[Labelled("hall")] * 600, TurnedOn())
        await house.clock.idle()
        seen.clear()
        await runner.rebuild()
    assert seen == [(ProcessState.REBUILDING, 512), (ProcessState.REBUILDING, 1024)]
