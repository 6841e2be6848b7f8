"""What only the store in a file can do, and what can happen to a file."""

import asyncio
import shutil
import threading
from pathlib import Path

import apsw
import pytest

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import (
    StoreInUse,
    StoreUnavailable,
)
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.lamp import (
    ATTIC,
    CODEC,
    HALL,
    Event,
    Labelled,
    TurnedOff,
    TurnedOn,
    to_append,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
async def written(path: Path) -> Path:
    """A closed file with three events in the hall and one in the attic."""
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn(), TurnedOff(), Labelled("hall")))
        await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="second"))
    return path


def _tamper(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


async def test_everything_survives_reopening(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        first = await store.append(to_append(TurnedOn()))

    async with SQLiteStore(path, CODEC) as store:
        assert tuple(await store.read_stream(HALL)) == first.recorded
        assert (await store.append(to_append(TurnedOn()))).outcome == first.outcome
        second = await store.append(to_append(TurnedOff(), after=1, command_id="second"))
        assert second.outcome.version == await store.end() == 2


async def test_what_waits_is_committed_before_the_file_is_closed(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        appending = asyncio.ensure_future(store.append(to_append(TurnedOn())))
        await asyncio.sleep(0)

    assert (await appending).outcome.version == 1


async def test_a_cancelled_append_disturbs_nobody(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        appending = asyncio.ensure_future(store.append(to_append(TurnedOn())))
        await asyncio.sleep(0)
        appending.cancel()

        repeat = await store.append(to_append(TurnedOn()))

        assert repeat.outcome.version == await store.end() == 1


async def test_a_closed_store_is_unavailable(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        pass

    with pytest.raises(StoreUnavailable, match="closed"):
        await store.append(to_append(TurnedOn()))
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.read_stream(HALL)


async def test_a_second_writer_is_turned_away_until_the_first_has_gone(path: Path) -> None:
    async with SQLiteStore(path, CODEC):
        with pytest.raises(StoreInUse, match="another server is writing to") as caught:
            SQLiteStore(path, CODEC)
        assert str(path.parent) in str(caught.value)

    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn()))


async def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "events.db"
    with pytest.raises(StoreUnavailable, match=r"the event log .*nowhere.* cannot be opened: "):
        SQLiteStore(path, CODEC)


def test_a_file_that_is_no_log_is_left_as_it_is_and_not_locked(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 100)
    with pytest.raises(StoreUnavailable, match="cannot be opened") as caught:
        SQLiteStore(path, CODEC)
    assert not isinstance(caught.value, StoreInUse)
    assert path.read_bytes() == b"Dear diary, " * 100

    path.unlink()
    SQLiteStore(path, CODEC)


def _spoil_events(path: Path) -> None:
    """Let the first page of the table be none."""
    connection = apsw.Connection(str(path))
    page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").get
    start = (page - 1) * connection.pragma("page_size")
    connection.close()
    content = path.read_bytes()
    path.write_bytes(content[:start] + b"\xff" + content[start + 1 :])


async def test_a_log_that_is_found_damaged_once_it_is_open_is_let_go(written: Path) -> None:
    backup = shutil.copy(written, written.with_name("backup.db"))
    _spoil_events(written)

    with pytest.raises(StoreUnavailable, match="is damaged: put it back from the backup"):
        async with SQLiteStore(written, CODEC):
            pass

    assert "event-log-writer" not in {thread.name for thread in threading.enumerate()}
    shutil.copy(backup, written)
    async with SQLiteStore(written, CODEC) as store:
        assert len(await store.read_stream(HALL)) == 3


async def test_a_full_disk_records_nothing_and_is_got_over(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        heard: list[object] = []
        store.subscribe(heard.extend)
        await store.append(to_append(TurnedOn()))
        _set_most_pages(store, 10)
        big = to_append(TurnedOff(), Labelled("x" * 100_000), after=1, command_id="big")
        small = to_append(TurnedOn(), stream=ATTIC, command_id="small")

        answers = await asyncio.gather(
            store.append(small), store.append(big), return_exceptions=True
        )

        assert isinstance(answers[1], StoreUnavailable)
        assert "the event log cannot be written: " in str(answers[1])
        assert isinstance(answers[1].__cause__, apsw.FullError)
        assert len(await store.read_stream(HALL)) == 1
        _set_most_pages(store, 1_000_000)
        await store.append(small)
        await store.append(big)
        assert [one.version for one in await store.read_stream(HALL)] == [1, 2, 3]
        assert [one.position for one in await store.read_log(BEGINNING, 9)] == [1, 2, 3, 4]
        assert heard == [*await store.read_log(BEGINNING, 9)]


def _set_most_pages(store: SQLiteStore[Event], pages: int) -> None:
    """Make the disk small, or large again, while the writer is at rest."""
    store._writer.connection.execute(  # noqa: SLF001 - SQLite has this limit a connection
        f"PRAGMA max_page_count = {pages}"
    )


async def test_a_log_that_cannot_be_read_is_unavailable(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        _tamper(path, "DROP TABLE events")

        for read in (store.read_stream(HALL), store.read_log(BEGINNING, 1), store.end()):
            with pytest.raises(StoreUnavailable, match="the event log cannot be read: "):
                await read


async def test_a_bug_in_one_append_is_not_the_trouble_of_others(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        bad = to_append(stream=ATTIC, command_id="no events")
        appends = [to_append(TurnedOn(), after=n, command_id=f"{n}") for n in range(20)]

        answers = await asyncio.wait_for(
            asyncio.gather(
                *map(store.append, [*appends[:10], bad, *appends[10:]]), return_exceptions=True
            ),
            10,
        )

        assert [n for n, answer in enumerate(answers) if isinstance(answer, Exception)] == [10]
        assert [one.version for one in await store.read_stream(HALL)] == list(range(1, 21))
        assert await store.end() == 20


async def test_appends_that_wait_share_a_commit(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        commits = 0

        def count() -> bool:
            nonlocal commits
            commits += 1
            return False

        store._writer.connection.set_commit_hook(count)  # noqa: SLF001 - to look, not to touch
        await asyncio.gather(
            *(store.append(to_append(TurnedOn(), after=n, command_id=f"{n}")) for n in range(400))
        )
        together = commits
        for number in range(400, 420):
            await store.append(to_append(TurnedOn(), after=number, command_id=f"{number}"))

        assert together < 100
        assert commits - together == 20  # the control: nobody else waits


async def test_no_more_streams_are_remembered_than_may_be(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        streams = [StreamName(f"lamp/{number}") for number in range(10_001)]
        await asyncio.gather(
            *(store.append(to_append(TurnedOn(), stream=one, command_id=one)) for one in streams)
        )

        forgotten = await store.append(
            to_append(TurnedOff(), stream=streams[0], after=1, command_id="again")
        )

        assert forgotten.outcome.version == 2
        assert len(await store.read_stream(streams[0])) == 2
        assert len(await store.read_log(BEGINNING, 20_000)) == 10_002
        assert not store.quarantined


async def test_a_power_cut_finds_every_answer_on_disk(path: Path) -> None:
    """The setting that this rests on; the cut itself is in `tests/faults`."""
    async with SQLiteStore(path, CODEC) as store:
        writing = store._writer.connection  # noqa: SLF001 - a setting of this connection
        assert writing.execute("PRAGMA synchronous").get == 2
        assert writing.execute("PRAGMA journal_mode").get == "wal"
