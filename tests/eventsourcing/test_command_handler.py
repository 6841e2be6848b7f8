import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.command_handler import CommandHandler, Handled, Loaded
from clouds_edges.eventsourcing.decider import Issued, StreamName
from clouds_edges.eventsourcing.errors import CommandReused, StoreUnavailable, VersionConflict
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.eventsourcing.store import Append, Appended, Outcome
from tests.eventsourcing.conftest import Store
from tests.eventsourcing.lamp import (
    ATTIC,
    BOB,
    CODEC,
    HALL,
    LAMP_DECIDER,
    Command,
    Event,
    Flash,
    Lamp,
    Look,
    NothingToDo,
    Somebody,
    Switch,
    TurnedOff,
    TurnedOn,
    issued,
    to_append,
)

Lamps = CommandHandler[Command, Somebody, Event, Lamp]


class _Disturbed(MemoryStore[Event]):
    """A store in which other writers, or trouble, come before the next appends."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.before_appends: list[Append[Event] | StoreUnavailable] = []
        self.reads = 0

    async def append(self, append: Append[Event]) -> Appended[Event]:
        if self.before_appends:
            disturbance = self.before_appends.pop(0)
            if isinstance(disturbance, StoreUnavailable):
                raise disturbance
            await super().append(disturbance)
        return await super().append(append)

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[Event]]:
        self.reads += 1
        return await super().read_stream(stream, after)


@pytest.fixture
def disturbed() -> _Disturbed:
    return _Disturbed()


def _lamps(store: Store) -> Lamps:
    return CommandHandler(LAMP_DECIDER, store)


def _by_another_node(*events: Event, after: int) -> Append[Event]:
    return to_append(*events, after=after, by=BOB, command_id=f"after {after}")


async def test_a_command_is_decided_on_the_folded_stream_and_recorded(store: Store) -> None:
    await store.append(to_append(TurnedOn()))

    handled = await _lamps(store).handle(HALL, issued(Switch(on=False), "off"))

    *_, last = await store.read_stream(HALL)
    assert handled == Handled(Outcome(HALL, 2, last.hash), is_duplicate=False)
    assert (last.event, last.by, last.command_id) == (TurnedOff(), "ann", "off")


async def test_a_state_is_at_a_version_of_its_stream(store: Store) -> None:
    lamps = _lamps(store)
    assert await lamps.load(HALL) == Loaded(Lamp(), 0, EMPTY_HEAD)

    handled = await lamps.handle(HALL, issued(Flash(), "flash"))

    expected = Loaded(Lamp(on=False, switched=2), 2, handled.outcome.head)
    assert await lamps.load(HALL) == await _lamps(store).load(HALL) == expected


async def test_a_refused_command_records_nothing(store: Store) -> None:
    with pytest.raises(NothingToDo):
        await _lamps(store).handle(HALL, issued(Switch(on=False), "off"))
    assert await store.end() == BEGINNING


async def test_a_command_that_changes_nothing_records_nothing(store: Store) -> None:
    handled = await _lamps(store).handle(HALL, issued(Look(), "look"))
    assert handled == Handled(Outcome(HALL, 0, EMPTY_HEAD), is_duplicate=False)
    assert await store.end() == BEGINNING


async def test_a_repeat_gets_the_first_outcome(store: Store) -> None:
    lamps = _lamps(store)
    first = await lamps.handle(HALL, issued(Flash(), "flash"))
    await lamps.handle(HALL, issued(Switch(on=True), "on"))

    repeat = await lamps.handle(HALL, issued(Flash(), "flash"))

    assert repeat == Handled(first.outcome, is_duplicate=True)
    assert (await lamps.load(HALL)).version == await store.end() == 3


async def test_a_repeat_that_the_state_now_forbids_gets_the_first_outcome(store: Store) -> None:
    lamps = _lamps(store)
    first = await lamps.handle(HALL, issued(Switch(on=True), "on"))

    repeat = await lamps.handle(HALL, issued(Switch(on=True), "on"))

    assert repeat == Handled(first.outcome, is_duplicate=True)


async def test_a_repeat_that_would_change_nothing_now_gets_the_first_outcome(store: Store) -> None:
    lamps = CommandHandler(replace(LAMP_DECIDER, decide=_decide_leniently), store)
    first = await lamps.handle(HALL, issued(Switch(on=True), "on"))
    await lamps.handle(HALL, issued(Switch(on=False), "off"))
    await lamps.handle(HALL, issued(Switch(on=True), "on again", BOB))

    repeat = await lamps.handle(HALL, issued(Switch(on=True), "on"))

    assert repeat == Handled(first.outcome, is_duplicate=True)
    assert await store.end() == 3


def _decide_leniently(given: Issued[Command, Somebody], lamp: Lamp) -> Sequence[Event]:
    with suppress(NothingToDo):
        return LAMP_DECIDER.decide(given, lamp)
    return []


@pytest.mark.parametrize("other", [Flash(), Switch(on=False), Look()])
async def test_a_command_id_is_not_used_for_another_command(store: Store, other: Command) -> None:
    lamps = _lamps(store)
    await lamps.handle(HALL, issued(Switch(on=True), "one"))
    await lamps.handle(HALL, issued(Switch(on=False), "two"))

    with pytest.raises(CommandReused):
        await lamps.handle(HALL, issued(other, "one"))

    assert await store.end() == 2


async def test_the_same_command_at_once_has_one_effect(store: Store) -> None:
    lamps = _lamps(store)
    answers = await asyncio.gather(
        *(lamps.handle(HALL, issued(Flash(), "flash")) for _ in range(8))
    )
    assert sorted(answer.is_duplicate for answer in answers) == [False] + [True] * 7
    assert len({answer.outcome for answer in answers}) == 1
    assert await store.end() == 2


async def test_commands_to_one_stream_are_decided_one_after_another(store: Store) -> None:
    lamps = _lamps(store)
    await asyncio.gather(*(lamps.handle(HALL, issued(Flash(), f"{n}")) for n in range(20)))
    loaded = await lamps.load(HALL)
    assert (loaded.state, loaded.version) == (Lamp(on=False, switched=40), 40)


async def test_without_the_lock_they_conflict(store: Store) -> None:
    """The control of the test above: every handler has locks of its own."""
    answers = await asyncio.gather(
        *(_lamps(store).handle(HALL, issued(Flash(), f"{n}")) for n in range(20)),
        return_exceptions=True,
    )
    assert (await store.end()) == 2 * sum(isinstance(answer, Handled) for answer in answers)


async def test_another_stream_does_not_wait(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    async with lamps._aggregate(HALL).lock:  # noqa: SLF001 - as if a command were at it
        handled = await asyncio.wait_for(lamps.handle(ATTIC, issued(Flash(), "flash")), 5)
    assert handled.outcome.version == 2


async def test_a_conflict_is_decided_again_on_the_new_state(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    await lamps.load(HALL)
    disturbed.before_appends = [_by_another_node(TurnedOn(), after=0)]

    await lamps.handle(HALL, issued(Flash(), "flash"))

    events = [one.event for one in await disturbed.read_stream(HALL)]
    assert events == [TurnedOn(), TurnedOff(), TurnedOn()]
    assert (await lamps.load(HALL)).state == Lamp(on=True, switched=3)


async def test_a_conflict_can_end_in_a_refusal(disturbed: _Disturbed) -> None:
    disturbed.before_appends = [_by_another_node(TurnedOn(), after=0)]
    with pytest.raises(NothingToDo):
        await _lamps(disturbed).handle(HALL, issued(Switch(on=True), "on"))


async def test_two_conflicts_are_got_over(disturbed: _Disturbed) -> None:
    disturbed.before_appends = [_by_another_node(TurnedOn(), after=n) for n in range(2)]
    handled = await _lamps(disturbed).handle(HALL, issued(Flash(), "flash"))
    assert handled.outcome.version == 4


async def test_the_third_conflict_is_told(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    disturbed.before_appends = [_by_another_node(TurnedOn(), after=n) for n in range(4)]

    with pytest.raises(VersionConflict):
        await lamps.handle(HALL, issued(Flash(), "flash"))

    assert await disturbed.end() == 3
    assert len(disturbed.before_appends) == 1
    assert (await lamps.load(HALL)).version == 3


async def test_a_failing_append_drops_the_state(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    await lamps.handle(HALL, issued(Switch(on=True), "on"))
    disturbed.before_appends = [StoreUnavailable("the disk is full")]
    with pytest.raises(StoreUnavailable):
        await lamps.handle(HALL, issued(Switch(on=False), "off"))
    assert disturbed.reads == 1

    assert (await lamps.load(HALL)).state == Lamp(on=True, switched=1)

    assert disturbed.reads == 2
    assert not (await lamps.handle(HALL, issued(Switch(on=False), "off"))).is_duplicate


async def test_a_state_is_kept_between_commands(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    for number in range(5):
        await lamps.handle(HALL, issued(Flash(), f"{number}"))
        await lamps.handle(HALL, issued(Flash(), f"{number}"))
    assert disturbed.reads == 1


async def test_states_not_used_for_long_are_forgotten(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    await lamps.handle(HALL, issued(Switch(on=True), "on"))
    await lamps.load(ATTIC)
    for number in range(9_998):
        await lamps.load(StreamName(f"lamp/{number}"))
    await lamps.load(HALL)
    assert disturbed.reads == 10_000

    await lamps.load(StreamName("lamp/one too many"))

    await lamps.load(HALL)
    assert disturbed.reads == 10_001
    await lamps.load(ATTIC)
    assert disturbed.reads == 10_002


async def test_a_stream_in_use_is_not_forgotten(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    lock = lamps._aggregate(HALL).lock  # noqa: SLF001 - as if a command were at it
    async with lock:
        handling = asyncio.ensure_future(lamps.handle(HALL, issued(Flash(), "flash")))
        await asyncio.sleep(0)
        for number in range(10_001):
            await lamps.load(StreamName(f"lamp/{number}"))
        assert lamps._aggregate(HALL).lock is lock  # noqa: SLF001 - else two could write at once
    assert (await handling).outcome == Outcome(HALL, 2, (await lamps.load(HALL)).head)


async def test_a_command_cut_off_leaves_the_stream_usable(store: Store) -> None:
    lamps = _lamps(store)
    handling = asyncio.ensure_future(lamps.handle(HALL, issued(Switch(on=True), "on")))
    await asyncio.sleep(0)
    handling.cancel()
    await asyncio.wait([handling])

    handled = await lamps.handle(HALL, issued(Switch(on=True), "on"))

    assert handled.outcome.version == await store.end() == 1


async def test_a_command_id_is_not_used_on_another_stream(store: Store) -> None:
    lamps = _lamps(store)
    await lamps.handle(HALL, issued(Switch(on=True), "on"))

    with pytest.raises(CommandReused):
        await lamps.handle(ATTIC, issued(Switch(on=True), "on"))

    assert (await lamps.load(ATTIC)).version == 0


async def test_who_is_cut_off_in_an_append_leaves_the_state_that_was_recorded(
    store: Store,
) -> None:
    lamps = _lamps(store)
    await lamps.load(HALL)
    switching = asyncio.create_task(lamps.handle(HALL, issued(Switch(on=True), "on")))
    await asyncio.sleep(0)
    switching.cancel()
    await asyncio.wait([switching])

    recorded = await store.read_stream(HALL)
    assert (await lamps.load(HALL)).version == len(recorded) == 1


async def test_a_duplicate_does_not_bring_an_old_state_back(disturbed: _Disturbed) -> None:
    lamps = _lamps(disturbed)
    await lamps.load(HALL)
    await _lamps(disturbed).handle(HALL, issued(Switch(on=True), "on"))

    again = await lamps.handle(HALL, issued(Switch(on=True), "on"))

    assert again.is_duplicate
    assert (await lamps.load(HALL)).state == Lamp(on=True, switched=1)
