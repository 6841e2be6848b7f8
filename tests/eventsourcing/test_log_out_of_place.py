"""Somebody deletes, moves or replaces the file of a log that is open."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.place import Place
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.lamp import ATTIC, CODEC, HALL, TurnedOff, TurnedOn, to_append


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]


def _delete(path: Path) -> None:
    for file in _files(path):
        file.unlink()


def _delete_what_is_not_folded_in(path: Path) -> None:
    path.with_name(f"{path.name}-wal").unlink()


def _move(path: Path) -> None:
    path.rename(path.with_name("moved.db"))


def _replace(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.replace(path)


def _delete_the_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data" / "events.db"


@pytest.mark.parametrize("harm", [_delete, _delete_what_is_not_folded_in, _move, _replace])
async def test_nothing_is_acknowledged_any_more_and_what_was_can_be_put_back(
    path: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None]
) -> None:
    async with SQLiteStore(path, CODEC) as store:
        heard: list[object] = []
        store.subscribe(heard.extend)
        first = await store.append(to_append(TurnedOn()))
        harm(path)

        for number in range(3):
            with pytest.raises(StoreUnavailable, match="deleted, moved or replaced"):
                await store.append(to_append(TurnedOff(), after=1, command_id=f"{number}"))

        trouble = store.trouble
        assert heard == [*first.recorded]
    (told,) = [one.getMessage() for one in caplog.records if one.levelno == logging.CRITICAL]
    assert trouble == (
        "events.db or its -wal was deleted, moved or replaced: stop the server, put "
        "events.rescued.db in the place of events.db, with no -wal or -shm beside it, and start "
        "again"
    )
    assert told == f"nothing is recorded in {path.parent} any more: {trouble}"

    for file in _files(path):
        file.unlink(missing_ok=True)
    path.with_name("events.rescued.db").rename(path)
    async with SQLiteStore(path, CODEC) as store:
        assert tuple(await store.read_stream(HALL))[:1] == first.recorded
        await store.append(to_append(TurnedOn(), stream=ATTIC, command_id="on"))
        assert store.trouble is None


async def test_it_is_noticed_while_nobody_does_anything(path: Path) -> None:
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn()))
        assert store.trouble is None
        _delete(path)

        async with asyncio.timeout(10):
            while store.trouble is None:  # noqa: ASYNC110 - a thread finds out, and sets no event
                await asyncio.sleep(0.01)


async def test_a_copy_that_cannot_be_made_is_said(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with SQLiteStore(path, CODEC) as store:
        _delete_the_folder(path)
        with pytest.raises(StoreUnavailable):
            await store.append(to_append(TurnedOn()))
    assert "no copy can be made (" in caplog.text
    assert "before you stop the server" in caplog.text


async def test_a_copy_replaces_nothing(path: Path) -> None:
    older = path.with_name("events.rescued.db")
    older.write_bytes(b"of another day")
    async with SQLiteStore(path, CODEC) as store:
        await store.append(to_append(TurnedOn()))
        _delete(path)
        with pytest.raises(StoreUnavailable):
            await store.append(to_append(TurnedOff(), after=1, command_id="off"))
    assert older.read_bytes() == b"of another day"
    async with SQLiteStore(path.with_name("events.rescued-2.db"), CODEC) as store:
        assert (await store.read_log(BEGINNING, 9))[0].position == 1


async def test_readers_and_full_logs_leave_a_file_in_its_place(path: Path) -> None:
    """A control: SQLite makes and cuts files of its own beside the log."""
    async with SQLiteStore(path, CODEC) as store:
        for number in range(3):
            await store.append(to_append(TurnedOn(), after=number, command_id=f"{number}"))
            other = apsw.Connection(str(path))
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            other.close()
        assert store.trouble is None


async def test_without_a_look_at_the_place_lines_are_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control: SQLite notices nothing."""
    monkeypatch.setattr(Place, "is_held", True)
    async with SQLiteStore(path, CODEC) as store:
        _delete(path)
        await store.append(to_append(TurnedOn()))
    async with SQLiteStore(path, CODEC) as store:
        assert await store.end() == BEGINNING
