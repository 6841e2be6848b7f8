from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.log_reader import (
    LogReader,
    StreamEnd,
    Wanted,
)
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING, microseconds
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_log_reader import SQLiteLogReader
from clouds_edges.eventsourcing.store import EventStore
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
from tests.eventsourcing.memory_log_reader import MemoryLogReader

Both: TypeAlias = tuple[EventStore[Event], LogReader]

MINUTE = timedelta(minutes=1)
GARDEN = StreamName("garden")


@asynccontextmanager
async def in_file(folder: Path) -> AsyncIterator[Both]:
    async with SQLiteStore(folder / "events.db", CODEC) as store:
        reader = SQLiteLogReader(folder / "events.db")
        yield store, reader
        reader.close()


@pytest.fixture(params=["memory", "sqlite"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Both]:
    """A store and a reader of its log."""
    if request.param == "memory":
        log = MemoryLog()
        yield MemoryStore(CODEC, log), MemoryLogReader(log)
    else:
        async with in_file(tmp_path) as opened:
            yield opened


async def fill(store: EventStore[Event]) -> None:
    """Seven events at positions 1 to 7, a minute apart, in three streams, by two people."""
    await store.append(to_append(TurnedOn(), command_id="1"))
    await store.append(
        to_append(TurnedOn(), stream=ATTIC, by=BOB, command_id="2", at=NOON + MINUTE)
    )
    label = Labelled("Flur", ("Übergang",))
    await store.append(to_append(TurnedOff(), label, after=1, command_id="3", at=NOON + 2 * MINUTE))
    await store.append(to_append(TurnedOn(), stream=GARDEN, command_id="5", at=NOON + 4 * MINUTE))
    await store.append(
        to_append(TurnedOn(), TurnedOff(), after=3, by=BOB, command_id="6", at=NOON + 5 * MINUTE)
    )


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        (Wanted(), [1, 2, 3, 4, 5, 6, 7]),
        (Wanted(after=2, before=6), [3, 4, 5]),
        (Wanted(stream_prefix="lamp/"), [1, 2, 3, 4, 6, 7]),
        (Wanted(stream_prefix="lamp/h"), [1, 3, 4, 6, 7]),
        (Wanted(stream_prefix="%"), []),
        (Wanted(kind="turned_on"), [1, 2, 5, 6]),
        (Wanted(by="bob"), [2, 6, 7]),
        (Wanted(since=NOON + MINUTE, until=NOON + 4 * MINUTE), [2, 3, 4]),
        (Wanted(stream_prefix="lamp/", kind="turned_on", by="bob", after=2), [6]),
    ],
)
async def test_the_events_that_are_wanted_are_found_in_order_and_against_it(
    both: Both, wanted: Wanted, positions: list[int]
) -> None:
    store, reader = both
    await fill(store)
    assert [one.position for one in await reader.events(wanted, 100)] == positions
    backwards = await reader.events(wanted, 100, newest_first=True)
    assert [one.position for one in backwards] == positions[::-1]


async def test_no_more_are_found_than_asked_for(both: Both) -> None:
    store, reader = both
    await fill(store)
    assert [one.position for one in await reader.events(Wanted(), 2)] == [1, 2]
    latest = await reader.events(Wanted(), 2, newest_first=True)
    assert [one.position for one in latest] == [7, 6]


async def test_an_event_is_found_as_it_is_stored(both: Both) -> None:
    store, reader = both
    await fill(store)
    (found,) = await reader.events(Wanted(kind="labelled"), 1)
    (recorded,) = await store.read_log(found.position - 1, 1)  # type: ignore[arg-type]  # the checkpoint before
    assert CODEC.decode(found.encoded) == recorded.event
    assert (found.stream, found.version, found.by) == (HALL, 3, "ann")
    assert (found.at, found.command_id) == (microseconds(recorded.at), recorded.command_id)
    assert (found.cause, found.hash) == (recorded.cause, recorded.hash)


async def test_streams_are_listed_by_name_with_their_ends(both: Both) -> None:
    store, reader = both
    await fill(store)
    at = microseconds(NOON)
    minute = MINUTE // timedelta(microseconds=1)
    garden = StreamEnd(GARDEN, 1, at + 4 * minute)
    attic = StreamEnd(ATTIC, 1, at + minute)
    hall = StreamEnd(HALL, 5, at + 5 * minute)
    assert list(await reader.streams("", "", 10)) == [garden, attic, hall]
    assert list(await reader.streams("lamp/", "", 10)) == [attic, hall]
    assert list(await reader.streams("", GARDEN, 1)) == [attic]
    assert list(await reader.streams("lamp/", HALL, 10)) == []


async def test_what_is_no_text_any_more_is_shown_as_far_as_it_is(tmp_path: Path) -> None:
    async with in_file(tmp_path) as (store, reader):
        await fill(store)
        with apsw.Connection(str(tmp_path / "events.db")) as connection:
            connection.execute("UPDATE events SET actor = CAST(x'ff' AS TEXT), at = 1 << 62")
            connection.execute(
                "UPDATE events SET stream = CAST(x'67ff' AS TEXT) WHERE position = 5"
            )
        events = await reader.events(Wanted(), 9)
        assert {one.by for one in events} == {"�"}
        assert events[4].stream == "g�"
        assert [one.stream for one in await reader.streams("", "", 9)] == ["g�", ATTIC, HALL]


async def test_a_log_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="the event log cannot be used"):
        SQLiteLogReader(tmp_path / "none.db")
    async with in_file(tmp_path) as (_, reader):
        with apsw.Connection(str(tmp_path / "events.db")) as connection:
            connection.execute("ALTER TABLE events RENAME TO happenings")
        with pytest.raises(StoreUnavailable, match="no such table"):
            await reader.events(Wanted(), 1)


times = st.none() | st.integers(-1, 6).map(lambda count: NOON + count * MINUTE)
names = st.sampled_from(["", "l", "lamp/", "lamp/hall", "lamp/attic", "garden", "x", "\U0010ffff"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    prefix=names,
    kind=st.none() | st.sampled_from(["turned_on", "turned_off", "x"]),
    by=st.none() | st.sampled_from([ANN.id, BOB.id, ""]),
    since=times,
    until=times,
    after=st.integers(0, 8),
    before=st.none() | st.integers(0, 9),
    limit=st.integers(1, 8),
    newest_first=st.booleans(),
)
async def test_a_file_is_read_like_a_memory(  # noqa: PLR0913 - all that can be wanted
    *,
    tmp_path_factory: pytest.TempPathFactory,
    prefix: str,
    kind: str | None,
    by: str | None,
    since: datetime | None,
    until: datetime | None,
    after: int,
    before: int | None,
    limit: int,
    newest_first: bool,
) -> None:
    wanted = Wanted(prefix, kind, by, since, until, after, before)
    log = MemoryLog()
    await fill(MemoryStore(CODEC, log))
    in_memory = MemoryLogReader(log)
    async with in_file(tmp_path_factory.mktemp("log")) as (store, reader):
        await fill(store)
        assert await store.end() > BEGINNING
        assert await reader.events(wanted, limit, newest_first=newest_first) == (
            await in_memory.events(wanted, limit, newest_first=newest_first)
        )
        assert await reader.streams(prefix, "", limit) == await in_memory.streams(prefix, "", limit)
