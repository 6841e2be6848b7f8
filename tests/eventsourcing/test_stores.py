"""What every store must do."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import CommandReused, VersionConflict
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append, Appended, Outcome, digest
from tests.eventsourcing.conftest import Store
from tests.eventsourcing.lamp import (
    ANN,
    ATTIC,
    BOB,
    CODEC,
    HALL,
    NOON,
    Event,
    Labelled,
    TurnedOff,
    TurnedOn,
    to_append,
)


async def test_what_was_appended_is_read_with_its_envelope(store: Store) -> None:
    event = Labelled("Übergang 🛋", ("hall", "stairs"))

    appended = await store.append(to_append(event, cause="lamp/attic@7"))

    (recorded,) = await store.read_stream(HALL)
    assert appended == Appended(Outcome(HALL, 1, recorded.hash), (recorded,))
    assert recorded == Recorded(
        position=Checkpoint(1),
        stream=HALL,
        version=1,
        event=event,
        at=NOON,
        by="ann",
        command_id=CommandId("first"),
        cause="lamp/attic@7",
        hash=recorded.hash,
    )
    assert recorded.name == "lamp/hall@1"


async def test_a_stream_nobody_wrote_to_is_empty(store: Store) -> None:
    assert list(await store.read_stream(HALL)) == []
    assert list(await store.read_stream(HALL, after=3)) == []
    assert list(await store.read_log(BEGINNING, 10)) == []
    assert await store.end() == BEGINNING
    assert await store.outcome_of("ann", CommandId("first"), digest(HALL, "")) is None


async def test_of_a_whole_stream_everything_is_sound(store: Store) -> None:
    await store.append(to_append(TurnedOn(), TurnedOff()))
    assert await store.read_sound(HALL) == await store.read_stream(HALL)
    assert list(await store.read_sound(ATTIC)) == []
    assert not store.quarantined


async def test_the_events_of_a_command_are_recorded_side_by_side(store: Store) -> None:
    await store.append(to_append(TurnedOn(), TurnedOff(), TurnedOn()))

    recorded = await store.read_stream(HALL)

    assert [one.event for one in recorded] == [TurnedOn(), TurnedOff(), TurnedOn()]
    assert [one.version for one in recorded] == [1, 2, 3]
    assert [one.position for one in recorded] == [1, 2, 3]


@pytest.mark.parametrize("expected", [0, 2])
async def test_another_version_than_the_expected_one_is_a_conflict(
    store: Store, expected: int
) -> None:
    await store.append(to_append(TurnedOn()))

    with pytest.raises(VersionConflict) as caught:
        await store.append(to_append(TurnedOff(), TurnedOn(), after=expected, command_id="next"))

    assert (caught.value.stream, caught.value.expected, caught.value.actual) == (HALL, expected, 1)
    assert [one.event for one in await store.read_stream(HALL)] == [TurnedOn()]
    assert await store.outcome_of("ann", CommandId("next"), digest(HALL, "")) is None


async def test_a_conflict_leaves_no_hole_in_the_positions(store: Store) -> None:
    await store.append(to_append(TurnedOn()))
    with pytest.raises(VersionConflict):
        await store.append(to_append(TurnedOn(), command_id="late"))
    await store.append(to_append(TurnedOff(), after=1, command_id="next"))

    assert [one.position for one in await store.read_log(BEGINNING, 10)] == [1, 2]
    assert await store.end() == 2


async def test_the_repeat_of_a_command_is_answered_with_its_first_outcome(store: Store) -> None:
    first = await store.append(to_append(TurnedOn()))
    await store.append(to_append(TurnedOff(), after=1, command_id="second"))

    with_stale_version = await store.append(to_append(TurnedOn()))
    with_new_version = await store.append(to_append(TurnedOn(), after=2))

    assert with_stale_version == with_new_version == Appended(first.outcome, ())
    assert await store.outcome_of("ann", CommandId("first"), digest(HALL, "")) == first.outcome
    assert await store.end() == 2


async def test_a_command_id_with_another_body_is_refused(store: Store) -> None:
    await store.append(to_append(TurnedOn()))

    with pytest.raises(CommandReused, match="ann has given command 'first' before"):
        await store.append(to_append(TurnedOff(), after=1, body="another"))
    with pytest.raises(CommandReused):
        await store.outcome_of("ann", CommandId("first"), digest(HALL, "another"))

    assert await store.end() == 1


async def test_command_ids_belong_to_their_actor(store: Store) -> None:
    await store.append(to_append(TurnedOn()))
    appended = await store.append(to_append(TurnedOff(), after=1, by=BOB))

    assert appended.outcome.version == 2
    assert [one.by for one in await store.read_stream(HALL)] == ["ann", "bob"]


async def test_a_command_given_eight_times_at_once_has_one_effect(store: Store) -> None:
    answers = await asyncio.gather(*(store.append(to_append(TurnedOn())) for _ in range(8)))

    assert len({answer.outcome for answer in answers}) == 1
    assert sorted(len(answer.recorded) for answer in answers) == [0] * 7 + [1]
    assert await store.end() == 1


async def test_of_eight_commands_at_one_version_one_wins(store: Store) -> None:
    """The control of the test above: without the id, the others are conflicts."""
    answers = await asyncio.gather(
        *(store.append(to_append(TurnedOn(), command_id=f"{n}")) for n in range(8)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, VersionConflict) for answer in answers) == 7
    assert await store.end() == 1


async def test_a_stream_is_read_behind_a_version(store: Store) -> None:
    await store.append(to_append(TurnedOn(), TurnedOff(), TurnedOn()))

    assert [one.version for one in await store.read_stream(HALL, after=1)] == [2, 3]
    assert list(await store.read_stream(HALL, after=3)) == []
    assert list(await store.read_stream(HALL, after=9)) == []


async def test_the_hash_at_a_version_is_found(store: Store) -> None:
    first = await store.append(to_append(TurnedOn()))
    await store.append(to_append(TurnedOff(), TurnedOn(), after=1, command_id="second"))
    await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="third"))

    assert await store.head_at(HALL, 1) == first.outcome.head
    recorded = await store.read_stream(HALL)
    assert [await store.head_at(HALL, one.version) for one in recorded] == [
        one.hash for one in recorded
    ]


@pytest.mark.parametrize("version", [-1, 0, 2, 2**63, 10**4000])
async def test_there_is_no_hash_where_there_is_no_event(store: Store, version: int) -> None:
    await store.append(to_append(TurnedOn()))

    assert await store.head_at(HALL, version) is None
    assert await store.head_at(ATTIC, 1) is None


async def test_the_log_is_read_in_pages(store: Store) -> None:
    for number in range(5):
        await store.append(
            to_append(TurnedOn(), stream=StreamName(f"lamp/{number}"), command_id=f"{number}")
        )

    pages, after = [], BEGINNING
    while page := await store.read_log(after, limit=2):
        pages.append([one.stream for one in page])
        after = page[-1].position

    assert pages == [["lamp/0", "lamp/1"], ["lamp/2", "lamp/3"], ["lamp/4"]]


async def test_subscribers_hear_of_events_after_the_commit_in_the_order_of_the_log(
    store: Store,
) -> None:
    heard: list[Recorded[Event]] = []
    also_heard: list[Recorded[Event]] = []
    store.subscribe(heard.extend)
    store.subscribe(also_heard.extend)

    await asyncio.gather(*(store.append(append) for append in _to_many_streams()))
    await store.append(to_append(TurnedOn(), stream=StreamName("lamp/0"), command_id="0-0"))

    log = await store.read_log(BEGINNING, 1000)
    assert len(log) == 60
    assert heard == also_heard == log


async def test_an_append_is_told_before_it_is_answered(store: Store) -> None:
    heard: list[Recorded[Event]] = []
    store.subscribe(heard.extend)

    appended = await store.append(to_append(TurnedOn()))

    assert tuple(heard) == appended.recorded


async def test_appends_from_many_tasks_leave_no_hole(store: Store) -> None:
    appends = _to_many_streams()
    await asyncio.gather(*(store.append(append) for append in appends))

    log = await store.read_log(BEGINNING, 1000)

    assert [one.position for one in log] == list(range(1, 61))
    for stream in {append.stream for append in appends}:
        assert [one.version for one in log if one.stream == stream] == [1, 2, 3, 4, 5, 6]
        assert [one for one in log if one.stream == stream] == await store.read_stream(stream)


async def test_the_chain_begins_anew_with_each_stream(store: Store) -> None:
    in_hall = await store.append(to_append(TurnedOn()))
    in_attic = await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="second"))

    assert len({EMPTY_HEAD, in_hall.outcome.head, in_attic.outcome.head}) == 3


async def test_an_event_that_cannot_be_encoded_is_an_error_for_who_appends_it(
    store: Store,
) -> None:
    good = to_append(TurnedOn())
    bad = to_append(Labelled("half a letter \ud800"), stream=ATTIC, command_id="second")

    answers = await asyncio.wait_for(
        asyncio.gather(store.append(good), store.append(bad), return_exceptions=True), 10
    )

    assert isinstance(answers[0], Appended)
    assert isinstance(answers[1], ValueError)
    await store.append(to_append(TurnedOff(), after=1, command_id="third"))
    assert [one.event for one in await store.read_log(BEGINNING, 9)] == [TurnedOn(), TurnedOff()]


_events = st.lists(
    st.builds(Labelled, st.text(st.characters(exclude_categories=["Cs"]))), min_size=1, max_size=3
)


@given(histories=st.lists(st.tuples(st.sampled_from([HALL, ATTIC]), _events), max_size=8))
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_all_stores_record_the_same(
    histories: Sequence[tuple[StreamName, Sequence[Event]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path: Path = tmp_path_factory.mktemp("same") / "events.db"
    memory: Store = MemoryStore(CODEC)
    async with SQLiteStore(path, CODEC) as sqlite:
        versions = {HALL: 0, ATTIC: 0}
        for number, (stream, events) in enumerate(histories):
            append = to_append(
                *events,
                stream=stream,
                after=versions[stream],
                command_id=f"{number}",
                at=NOON + number * timedelta(microseconds=1),
            )
            versions[stream] += len(events)
            assert await sqlite.append(append) == await memory.append(append)

        assert await sqlite.read_log(BEGINNING, 100) == await memory.read_log(BEGINNING, 100)
        for stream in versions:
            assert await sqlite.read_stream(stream) == await memory.read_stream(stream)
        assert await sqlite.end() == await memory.end()


def _to_many_streams() -> list[Append[Event]]:
    """Three commands of two events for each of ten streams, one stream after another."""
    appends = [
        to_append(
            TurnedOn(),
            TurnedOff(),
            stream=StreamName(f"lamp/{number}"),
            after=2 * round_,
            command_id=f"{number}-{round_}",
            by=ANN,
        )
        for round_ in range(3)
        for number in range(10)
    ]
    assert all(one.command_id != other.command_id for one, other in pairwise(appends))
    return appends
