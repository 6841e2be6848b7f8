"""What is to be forgotten is in no file of a read model any more."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path

import pytest

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.eventsourcing.read_model_file import ReadModelFile
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site
from clouds_edges.eventsourcing.recorded import Checkpoint
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.followed import following
from tests.eventsourcing.lamp import Event, Labelled, TurnedOff, to_append
from tests.eventsourcing.lamp_models import Labels, rows_in

_LABEL = "what nobody is to know any more"


def _is_known(folder: Path) -> bool:
    return any(_LABEL.encode() in file.read_bytes() for file in folder.iterdir())


async def _forget(store: MemoryStore[Event]) -> None:
    await store.append(to_append(TurnedOff(), after=1, command_id="forget"))


async def _forgotten(store: MemoryStore[Event], model: ReadModel[Event]) -> None:
    await store.append(to_append(Labelled(_LABEL)))
    await model.read(lambda _: None)
    await _forget(store)


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
        await _forget(memory)
        await model.scrub()
        assert not _is_known(tmp_path)
        model.resume()
        await model.read(lambda _: None)
    assert rows_in(tmp_path / "labels.db") == {"lamps": [("lamp/hall", "unknown")]}


class _Held(BuilderInside[Event]):
    """Waits, with its copy open or closed, until it is let go on."""

    def __init__(self, store: EventStore[Event], *, holds_open: bool) -> None:
        super().__init__(store)
        self._holds_open = holds_open
        self.is_held, self.go_on = asyncio.Event(), asyncio.Event()

    async def build(
        self, sites: Sequence[Site[Event]]
    ) -> AsyncGenerator[Sequence[Checkpoint], None]:
        async with aclosing(super().build(sites)) as progress:
            async for reached in progress:
                yield reached
                if self._holds_open:
                    await self._hold()
        await self._hold()

    async def _hold(self) -> None:
        self.is_held.set()
        await self.go_on.wait()


@asynccontextmanager
async def _copied(
    store: MemoryStore[Event], folder: Path, *, holds_open: bool
) -> AsyncIterator[tuple[ReadModel[Event], _Held, asyncio.Future[None]]]:
    """A read model, and a rebuild of it that has got as far as what is to be forgotten."""
    builder = _Held(store, holds_open=holds_open)
    async with following(store, folder, Labels(), builder) as model:
        await store.append(to_append(Labelled(_LABEL)))
        await model.read(lambda _: None)
        rebuilding = asyncio.ensure_future(model.rebuild())
        await builder.is_held.wait()
        yield model, builder, rebuilding


@pytest.mark.parametrize("holds_open", [True, False])
async def test_a_copy_that_is_not_finished_goes(
    memory: MemoryStore[Event], tmp_path: Path, *, holds_open: bool
) -> None:
    async with _copied(memory, tmp_path, holds_open=holds_open) as (model, _, rebuilding):
        await _forget(memory)
        await model.scrub()
        assert _is_known(tmp_path)  # the control: it is in the copy, which is being built
        rebuilding.cancel()
        await asyncio.wait([rebuilding])
        assert not _is_known(tmp_path)
        assert model.status.rebuilt_to is None


async def test_without_anything_to_forget_it_is_kept_for_the_next_rebuild(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    async with _copied(memory, tmp_path, holds_open=True) as (model, _, rebuilding):
        rebuilding.cancel()
        await asyncio.wait([rebuilding])
        assert model.site.path.exists()


@pytest.mark.parametrize("holds_open", [True, False])
@pytest.mark.parametrize("is_paused", [True, False])
async def test_a_copy_that_is_finished_holds_nothing_of_it(
    memory: MemoryStore[Event], tmp_path: Path, *, holds_open: bool, is_paused: bool
) -> None:
    async with _copied(memory, tmp_path, holds_open=holds_open) as (model, builder, rebuilding):
        if is_paused:
            model.pause()
        await _forget(memory)
        await model.scrub()
        builder.go_on.set()
        await rebuilding
        assert not _is_known(tmp_path)
        with closing(sqlite3.connect(tmp_path / "labels.db")) as reader:
            assert reader.execute("SELECT label FROM lamps").fetchall() == [("unknown",)]


class _Swapping(ReadModel[Event]):
    """Waits, when its copy is as far as the rows, until it is let go on."""

    def hold(self) -> None:
        self.is_held, self.go_on = asyncio.Event(), asyncio.Event()

    async def _lead_on(self, copy: ReadModelFile[Event]) -> None:
        await super()._lead_on(copy)
        self.is_held.set()
        await self.go_on.wait()


async def test_a_copy_that_is_taking_the_place_of_the_rows_holds_nothing_of_it(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    model = _Swapping(Labels(), tmp_path, memory, Feed(memory), BuilderInside(memory))
    model.hold()
    model.pause()
    await memory.append(to_append(Labelled(_LABEL)))
    rebuilding = asyncio.ensure_future(model.rebuild())
    await model.is_held.wait()
    await _forget(memory)
    scrubbing = asyncio.ensure_future(model.scrub())
    for _ in range(9):
        await asyncio.sleep(0)
    model.go_on.set()
    await asyncio.gather(rebuilding, scrubbing)
    assert not _is_known(tmp_path)
    model.close()


async def test_a_copy_that_somebody_else_reads_does_not_take_the_place_of_the_rows(
    memory: MemoryStore[Event], tmp_path: Path
) -> None:
    """Part of it is in a file beside it, and would stay behind."""
    async with _copied(memory, tmp_path, holds_open=True) as (model, builder, rebuilding):
        await _forget(memory)
        with closing(sqlite3.connect(model.site.path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM lamps").fetchall()
            builder.go_on.set()
            with pytest.raises(StoreUnavailable, match=r"labels.rebuilding.db is being read: "):
                await rebuilding
        await model.rebuild()
        await model.scrub()
        assert not _is_known(tmp_path)
    assert rows_in(tmp_path / "labels.db") == {"lamps": [("lamp/hall", "unknown")]}


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
