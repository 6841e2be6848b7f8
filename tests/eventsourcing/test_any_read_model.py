"""Whatever happens, and in whatever order, every read model equals a fold of the log."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import RebuildUnderWay, StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.eventsourcing.read_models import run_together
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site, rebuild_together
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.eventsourcing.store import EventStore
from tests.eventsourcing.followed import Hasty
from tests.eventsourcing.lamp import CODEC, Event, Labelled, TurnedOff, TurnedOn, to_append
from tests.eventsourcing.lamp_models import Last, Switched, rows_in

_BATCH: Final = 3
_SOON: Final = st.integers(0, 40)
"""How often the event loop goes round before something else happens."""

_LAMPS: Final = st.sampled_from(["lamp/hall", "lamp/attic", "lamp/cellar"])
_EVENTS: Final = st.lists(
    st.sampled_from([TurnedOn(), TurnedOff(), Labelled("lamp")]), min_size=1, max_size=8
)


class Halting(BuilderInside[Event]):
    """Halts after some batches, or at the end of the log, until it is let go on."""

    def __init__(self, store: EventStore[Event], batches: int) -> None:
        super().__init__(store, _BATCH)
        self._left = batches
        self.has_halted, self.go_on = asyncio.Event(), asyncio.Event()

    async def build(
        self, sites: Sequence[Site[Event]]
    ) -> AsyncGenerator[Sequence[Checkpoint], None]:
        async with aclosing(super().build(sites)) as progress:
            async for reached in progress:
                yield reached
                self._left -= 1
                if not self._left:
                    await self._halt()
        await self._halt()

    async def _halt(self) -> None:
        self.has_halted.set()
        await self.go_on.wait()


@dataclass(frozen=True)
class Rebuilding:
    """A rebuild that goes on while other things happen."""

    builder: Halting
    task: asyncio.Future[None]


@dataclass
class House:
    """A log, and the read models that follow it, which can be dropped at any point."""

    folder: Path
    projections: tuple[Projection[Event], ...]
    kind: type[ReadModel[Event]] = ReadModel
    store: MemoryStore[Event] = field(default_factory=lambda: MemoryStore(CODEC))
    models: list[ReadModel[Event]] = field(default_factory=list)
    rebuilds: list[Rebuilding] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    """How far the rows of each model were when somebody looked last."""
    may_go_back: set[str] = field(default_factory=set)

    def start(self) -> None:
        feed, builder = Feed(self.store), BuilderInside(self.store, _BATCH)
        self.models = [
            self.kind(projection, self.folder, self.store, feed, builder, batch=_BATCH)
            for projection in self.projections
        ]
        self.running = asyncio.ensure_future(run_together(self.models, builder))

    async def crash(self) -> None:
        """Drop everything but the log and the files, wherever it is."""
        tasks = [self.running, *(one.task for one in self.rebuilds)]
        self.rebuilds = []
        for task in tasks:
            task.cancel()
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(end, asyncio.CancelledError | RebuildUnderWay | None)
        for model in self.models:
            model.close()

    async def rebuild(self, models: Sequence[ReadModel[Event]], batches: int) -> None:
        """Begin a rebuild, and come back when it has halted, or failed."""
        builder = Halting(self.store, batches)
        task = asyncio.ensure_future(rebuild_together(models, builder))
        self.rebuilds.append(Rebuilding(builder, task))
        halted = asyncio.ensure_future(builder.has_halted.wait())
        await asyncio.wait([halted, task], return_when=asyncio.FIRST_COMPLETED)
        halted.cancel()

    async def look(self) -> None:
        """See that the rows of every model are a fold of the log, and have not gone back."""
        for model in self.models:
            before = self.seen.get(model.name, 0)
            with suppress(StoreUnavailable):  # its file was deleted
                stands_at = model.status.position
                position, lamps = await model.read(_seen)
                assert lamps == _folded(model.name, await self.store.read_log(BEGINNING, position))
                assert before <= min(stands_at, position) or model.name in self.may_go_back
                self.seen[model.name] = position

    async def until_caught_up(self, model: ReadModel[Event]) -> None:
        while model.status.position < await self.store.end():
            await asyncio.sleep(0)
            with suppress(StoreUnavailable):  # its file was deleted
                await model.read(lambda _: None)


def _seen(rows: Connection) -> tuple[int, list[tuple[object, ...]]]:
    position: int = rows.exec_driver_sql("SELECT position FROM checkpoint").scalar_one()
    return position, sorted(map(tuple, rows.exec_driver_sql("SELECT * FROM lamps")))


def _folded(name: str, log: Sequence[Recorded[Event]]) -> list[tuple[object, ...]]:
    """The rows there should be, found in another way."""
    times = Counter[str](one.stream for one in log if isinstance(one.event, TurnedOn))
    last = {one.stream: f"{one.event.kind} {one.position}" for one in log}
    return sorted((times if name == "switched" else last).items())


@dataclass(frozen=True)
class Append:
    lamp: str
    events: list[Event]

    async def happen(self, house: House) -> None:
        stream = StreamName(self.lamp)
        after = len(await house.store.read_stream(stream))
        command_id = f"{after}"
        append = to_append(*self.events, stream=stream, after=after, command_id=command_id + stream)
        await house.store.append(append)


@dataclass(frozen=True)
class Wait:
    rounds: int

    async def happen(self, _house: House) -> None:
        for _ in range(self.rounds):
            await asyncio.sleep(0)


@dataclass(frozen=True)
class Look:
    async def happen(self, house: House) -> None:
        await house.look()


@dataclass(frozen=True)
class Rebuild:
    """Begin to rebuild some of the models; it halts after so many batches."""

    which: slice
    batches: int

    async def happen(self, house: House) -> None:
        await house.rebuild(house.models[self.which], self.batches)


@dataclass(frozen=True)
class GoOn:
    """Let every rebuild go on, to its swap; what happens next may come in between."""

    async def happen(self, house: House) -> None:
        for one in house.rebuilds:
            one.builder.go_on.set()


@dataclass(frozen=True)
class Finish:
    """Let every rebuild come to its end."""

    async def happen(self, house: House) -> None:
        await GoOn().happen(house)
        for one in house.rebuilds:
            with suppress(RebuildUnderWay, asyncio.CancelledError):
                await one.task
        house.rebuilds = []


@dataclass(frozen=True)
class Interrupt:
    async def happen(self, house: House) -> None:
        for one in house.rebuilds:
            one.task.cancel()


@dataclass(frozen=True)
class Crash:
    async def happen(self, house: House) -> None:
        await house.crash()
        house.start()


@dataclass(frozen=True)
class Reset:
    async def happen(self, house: House) -> None:
        await house.models[0].reset()
        house.seen.pop("switched", None)


@dataclass(frozen=True)
class Pause:
    which: int

    async def happen(self, house: House) -> None:
        house.models[self.which].pause()


@dataclass(frozen=True)
class Delete:
    """Delete a file; the model finds out later."""

    async def happen(self, house: House) -> None:
        (house.folder / "last.db").unlink(missing_ok=True)
        house.may_go_back.add("last")


Step: TypeAlias = (
    Append | Wait | Look | Rebuild | GoOn | Finish | Interrupt | Crash | Reset | Pause | Delete
)

_APPENDS: Final = st.builds(Append, _LAMPS, _EVENTS)
_REBUILDS: Final = st.builds(
    Rebuild, st.sampled_from([slice(0, 1), slice(1, 2), slice(0, 2)]), st.integers(1, 6)
)
_STEPS: Final[st.SearchStrategy[Step]] = st.one_of(
    _APPENDS,
    _REBUILDS,
    st.builds(Wait, _SOON),
    st.just(Look()),
    st.sampled_from([GoOn(), Finish(), Finish(), Interrupt()]),
    st.sampled_from([Crash(), Reset(), Pause(0), Pause(1), Delete()]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(_STEPS, max_size=18))
def test_every_read_model_equals_a_fold_of_the_log(steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_live_through(steps, Path(folder)))


class _Hurried(Switched):
    """Looks at the last event of a batch only: what it makes depends on the batches."""

    def apply(self, batch: Sequence[Recorded[Event]], rows: Connection) -> None:
        super().apply(batch[-1:], rows)


async def test_a_read_model_that_does_not_would_be_found(tmp_path: Path) -> None:
    """The control: without it, the test above would not have noticed."""
    steps = [Append("lamp/hall", [TurnedOn(), TurnedOn()])]
    with pytest.raises(AssertionError):
        await _live_through(steps, tmp_path, _Hurried())


_REBUILT: Final = Rebuild(slice(0, 1), 6)
_ALONE: Final[list[Step]] = [
    _REBUILT,
    Finish(),
    Append("lamp/hall", [TurnedOn()]),
    Look(),
    Pause(0),
    Look(),
]
"""A rebuild, and an append after it."""
_INTERLEAVED: Final[list[Step]] = [
    _REBUILT,
    Append("lamp/hall", [TurnedOn()]),
    Look(),
    Pause(0),
    Finish(),
    Look(),
]
"""The same, but the append comes when the copy has been built, and not been swapped."""


@pytest.mark.parametrize("steps", [_ALONE, _INTERLEAVED])
async def test_a_rebuild_loses_nothing_of_what_comes_in(tmp_path: Path, steps: list[Step]) -> None:
    await _live_through([Append("lamp/hall", [TurnedOn()]), *steps], tmp_path)


async def test_without_leading_the_copy_on_it_does_when_something_comes_in(tmp_path: Path) -> None:
    """The control: it takes both to notice."""
    begin = Append("lamp/hall", [TurnedOn()])
    (tmp_path / "alone").mkdir()
    await _live_through([begin, *_ALONE], tmp_path / "alone", kind=Hasty)
    with pytest.raises(AssertionError):
        await _live_through([begin, *_INTERLEAVED], tmp_path, kind=Hasty)


async def _live_through(
    steps: Sequence[Step],
    folder: Path,
    switched: Projection[Event] | None = None,
    kind: type[ReadModel[Event]] = ReadModel,
) -> None:
    house = House(folder, (switched or Switched(), Last()), kind)
    house.start()
    async with asyncio.timeout(30):
        for step in steps:
            await step.happen(house)
        await Finish().happen(house)
        await Append("lamp/hall", [TurnedOn()]).happen(house)  # who lost a file finds out
        for model in house.models:
            model.resume()
            await house.until_caught_up(model)
        await house.look()
    await house.crash()

    log = await house.store.read_log(BEGINNING, 10_000)
    for name in ("switched", "last"):
        assert rows_in(folder / f"{name}.db") == {"lamps": _folded(name, log)}
