"""What goes wrong with a read model stops nothing else, and passes, or is told."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.eventsourcing.read_model_file import ReadModelFile, opened
from clouds_edges.eventsourcing.read_model_status import ReadModelState
from clouds_edges.eventsourcing.rebuild import BuilderInside
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
from tests.eventsourcing.followed import SWITCHED, following, switch, until_reached
from tests.eventsourcing.lamp import CODEC, Event, TurnedOff, TurnedOn, to_append
from tests.eventsourcing.lamp_models import Last, Switched, rows_in


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


async def test_a_failing_one_stops_alone_with_rows_and_checkpoint_together(
    memory: MemoryStore[Event], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    poisoned = Switched("poisoned", fails_at=4)
    async with (
        following(memory, tmp_path, poisoned) as bad,
        following(memory, tmp_path) as good,
    ):
        await switch(memory, 2)
        await bad.read(poisoned.total)
        await memory.append(
            to_append(TurnedOn(), TurnedOn(), TurnedOn(), after=2, command_id="three")
        )
        assert await good.read(SWITCHED.total) == 5
        assert await bad.read(poisoned.total) == 2
        stopped = bad.status
        assert stopped.state is ReadModelState.STOPPED
        assert stopped.error == "LookupError: no idea what to do"
        assert (stopped.position, good.status.error) == (2, None)
        assert "the read model poisoned has stopped" in caplog.text

        poisoned.fails_at = None
        bad.resume()
        assert await bad.read(poisoned.total) == 5
        assert bad.status.state is ReadModelState.FOLLOWING


async def test_a_deleted_file_is_made_anew(memory: MemoryStore[Event], tmp_path: Path) -> None:
    async with following(memory, tmp_path) as model:
        await switch(memory, 3)
        await model.read(SWITCHED.total)
        (tmp_path / "switched.db").unlink()
        await switch(memory, 1, after=3)
        assert await model.read(SWITCHED.total) == 4
    assert rows_in(tmp_path / "switched.db") == {"lamps": [("lamp/hall", 4)]}


async def test_a_folder_deleted_while_it_is_in_use_is_made_anew(
    memory: MemoryStore[Event], folder: Path
) -> None:
    async with following(memory, folder) as model:
        await switch(memory, 3)
        await model.read(SWITCHED.total)
        await asyncio.to_thread(shutil.rmtree, folder)
        await switch(memory, 1, after=3)
        assert await model.read(SWITCHED.total) == 4
        assert model.status.error is None
    assert rows_in(folder / "switched.db") == {"lamps": [("lamp/hall", 4)]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


def test_an_error_names_no_page_of_the_library(tmp_path: Path) -> None:
    with closing(ReadModelFile(tmp_path / "switched.db", SWITCHED)) as file:
        with pytest.raises(DBAPIError, match="no such ") as caught:
            file.read(lambda rows: rows.exec_driver_sql("SELECT * FROM nowhere"))
        assert "http" not in str(caught.value)
        assert "http" in str(DBAPIError("SELECT", (), ValueError(), code="e3q8"))  # a control
    (tmp_path / "switched.db").unlink()
    (tmp_path / "switched.db").mkdir()
    with pytest.raises(StoreUnavailable, match=r"switched\.db cannot be opened: ") as refused:
        opened(tmp_path / "switched.db", SWITCHED)
    assert "http" not in str(refused.value)


async def test_a_damaged_file_is_put_aside_and_made_anew(
    memory: MemoryStore[Event], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "switched.db").write_bytes(b"nothing that SQLite knows" * 100)
    await switch(memory, 3)
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    assert (tmp_path / "switched.damaged.db").read_bytes().startswith(b"nothing that")
    assert "switched.db is damaged" in caplog.text


@pytest.mark.parametrize("finder", ["reader", "writer"])
async def test_a_file_damaged_while_it_is_in_use_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path, finder: str
) -> None:
    async with following(memory, tmp_path) as model:
        await switch(memory, 3)
        await model.read(SWITCHED.total)
    async with following(memory, tmp_path) as model:
        (tmp_path / "switched.db").write_bytes(b"nothing that SQLite knows" * 1000)
        if finder == "reader":
            with pytest.raises(StoreUnavailable):
                await model.read(SWITCHED.total)
        await switch(memory, 1, after=3)
        async with asyncio.timeout(10):
            while await _read_or_none(model) != 4:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
        assert model.status.error is None
    assert (tmp_path / "switched.damaged.db").exists()


async def test_one_that_is_damaged_while_it_is_paused_says_so(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await switch(memory, 3)
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    async with following(memory, tmp_path) as model:
        model.pause()
        (tmp_path / "switched.db").write_bytes(b"nothing that SQLite knows" * 1000)
        with pytest.raises(StoreUnavailable, match="switched cannot be read: "):
            await model.read(SWITCHED.total)
        with pytest.raises(StoreUnavailable, match="switched is being made anew"):
            await model.read(SWITCHED.total)
        model.resume()
        async with asyncio.timeout(10):
            while await _read_or_none(model) != 3:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)


async def _read_or_none(model: ReadModel[Event]) -> int | None:
    try:
        return await model.read(SWITCHED.total)
    except StoreUnavailable:
        return None


async def test_a_file_of_other_tables_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await switch(memory, 3)
    async with following(memory, tmp_path, Last()) as model:
        await until_reached(model, 3)
    (tmp_path / "last.db").rename(tmp_path / "switched.db")
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3


async def test_a_file_of_another_log_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    """As when the log was put back from a copy, and the read models were not."""
    other = MemoryStore(CODEC)
    await switch(other, 3)
    async with following(other, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    await memory.append(to_append(TurnedOff(), TurnedOff(), TurnedOff(), TurnedOn()))
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 1


async def test_a_file_ahead_of_the_log_is_made_anew(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    other = MemoryStore(CODEC)
    await switch(other, 3)
    async with following(other, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
    await switch(memory, 1)
    async with following(memory, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 1


async def test_a_file_that_cannot_be_opened_is_said_in_a_sentence(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    folder = tmp_path / "nowhere" / "at all"
    with pytest.raises(StoreUnavailable, match=r"nowhere/at all/switched.db cannot be opened: "):
        ReadModel(SWITCHED, folder, memory, Feed(memory), BuilderInside(memory))


class _Flickering(MemoryStore[Event]):
    """Cannot be read every other time."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.asked = 0

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[Event]]:
        self.asked += 1
        if self.asked % 2:
            message = "not now"
            raise StoreUnavailable(message)
        return await super().read_log(after, limit)


async def test_trouble_with_the_log_passes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = _Flickering()
    await switch(store, 3)
    async with following(store, tmp_path) as model:
        assert await model.read(SWITCHED.total) == 3
        assert model.status.error is None
    assert "the read model switched tries again: not now" in caplog.text


async def test_trouble_that_has_passed_is_not_told_of_while_nothing_happens(tmp_path: Path) -> None:
    store = _Flickering()
    async with following(store, tmp_path) as model:
        await _until(lambda: model.status.error is not None)
        await _until(lambda: model.status.error is None)


async def test_a_file_that_is_locked_for_a_while_is_waited_for(
    memory: MemoryStore[Event], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(memory, tmp_path) as model:
        await model.read(SWITCHED.total)
        with closing(sqlite3.connect(tmp_path / "switched.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await switch(memory, 1)
            await _until(lambda: model.status.error is not None)
            assert model.status.state is ReadModelState.FOLLOWING
        await _until(lambda: model.status.position == 1)
        assert model.status.error is None
    assert "the read model switched tries again: " in caplog.text


class _Misspelt(Switched):
    """Asks the rows for what is not there."""

    def apply(self, batch: Sequence[Recorded[Event]], rows: Connection) -> None:
        super().apply(batch, rows)
        rows.exec_driver_sql("SELECT time FROM lamps")


async def test_a_statement_that_makes_no_sense_is_not_tried_again(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    await switch(memory, 1)
    async with following(memory, tmp_path, _Misspelt()) as model:
        await _until(lambda: model.status.error is not None)
        assert model.status.state is ReadModelState.STOPPED
        assert "no such column: time" in str(model.status.error)
