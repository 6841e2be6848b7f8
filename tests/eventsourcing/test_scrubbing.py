"""What is to be forgotten is in no file of a read model any more."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.read_model import ReadModel
from tests.eventsourcing.followed import following
from tests.eventsourcing.lamp import Event, Labelled, TurnedOff, to_append
from tests.eventsourcing.lamp_models import Labels, rows_in

_LABEL = "what nobody is to know any more"


def _is_known(folder: Path) -> bool:
    return any(_LABEL.encode() in file.read_bytes() for file in folder.iterdir())


async def _forgotten(store: MemoryStore[Event], model: ReadModel[Event]) -> None:
    await store.append(to_append(Labelled(_LABEL)))
    await model.read(lambda _: None)
    await store.append(to_append(TurnedOff(), after=1, command_id="forget"))


async def test_what_was_taken_out_of_the_rows_is_in_no_file(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    async with following(memory, tmp_path, Labels()) as model:
        await _forgotten(memory, model)
        for name in ("labels.damaged.db", "labels.rebuilding.db", "labels.rebuilding.damaged.db"):
            (tmp_path / name).write_text(_LABEL)
        await model.scrub()
        assert not _is_known(tmp_path)
        assert model.status.rebuilt_to is None
    assert rows_in(tmp_path / "labels.db") == {"lamps": [("lamp/hall", "unknown")]}


async def test_without_scrubbing_it_is(memory: MemoryStore[Event], tmp_path: Path) -> None:
    """The control: the text is looked for in the right way."""
    async with following(memory, tmp_path, Labels()) as model:
        await _forgotten(memory, model)
        await model.read(lambda _: None)
        assert _is_known(tmp_path)


async def test_a_paused_one_rather_loses_its_rows_than_keep_such(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    async with following(memory, tmp_path, Labels()) as model:
        await memory.append(to_append(Labelled(_LABEL)))
        await model.read(lambda _: None)
        model.pause()
        await memory.append(to_append(TurnedOff(), after=1, command_id="forget"))
        await model.scrub()
        assert not _is_known(tmp_path)
        model.resume()
        await model.read(lambda _: None)
    assert rows_in(tmp_path / "labels.db") == {"lamps": [("lamp/hall", "unknown")]}


async def test_a_copy_that_is_being_built_stays(memory: MemoryStore[Event], tmp_path: Path) -> None:
    """It will apply what takes the text out; and is scrubbed when it is closed."""
    async with following(memory, tmp_path, Labels()) as model:
        await model.read(lambda _: None)
        model.site.path.touch()
        with model.rebuilding():
            await model.scrub()
        assert model.site.path.exists()


async def test_what_somebody_else_reads_cannot_be_scrubbed(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    async with following(memory, tmp_path, Labels()) as model:
        await _forgotten(memory, model)
        with closing(sqlite3.connect(tmp_path / "labels.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM lamps").fetchall()
            await memory.append(to_append(Labelled("new"), after=2, command_id="more"))
            with pytest.raises(StoreUnavailable, match=r"labels.db is being read: "):
                await model.scrub()
        await model.scrub()
        assert not _is_known(tmp_path)
