"""Whatever happens, and in whatever order, every read model equals a fold of the log."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import RebuildUnderWay
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.read_model import ReadModel, run_together
from clouds_edges.eventsourcing.rebuild import BuilderInside, rebuild_together
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from tests.eventsourcing.lamp import CODEC, Event, Labelled, TurnedOff, TurnedOn, to_append
from tests.eventsourcing.lamp_models import Last, Switched, rows_in

_BATCH: Final = 3
_SOON: Final = st.integers(0, 40)
"""How often the event loop goes round before something is interrupted."""

_LAMPS: Final = st.sampled_from(["lamp/hall", "lamp/attic", "lamp/cellar"])
_EVENTS: Final = st.lists(
    st.sampled_from([TurnedOn(), TurnedOff(), Labelled("lamp")]), min_size=1, max_size=8
)


@dataclass
class House:
    """A log, and the read models that follow it, which can be dropped at any point."""

    folder: Path
    projections: tuple[Projection[Event], ...]
    store: MemoryStore[Event] = field(default_factory=lambda: MemoryStore(CODEC))
    models: list[ReadModel[Event]] = field(default_factory=list)
    running: list[asyncio.Future[None]] = field(default_factory=list)

    @property
    def builder(self) -> BuilderInside[Event]:
        return BuilderInside(self.store, batch=_BATCH)

    def start(self) -> None:
        feed = Feed(self.store)
        self.models = [
            ReadModel(projection, self.folder, self.store, feed, self.builder, batch=_BATCH)
            for projection in self.projections
        ]
        self.running = [asyncio.ensure_future(run_together(self.models, self.builder))]

    async def crash(self) -> None:
        """Drop everything but the log and the files, wherever it is."""
        for task in self.running:
            task.cancel()
        await asyncio.wait(self.running)
        for model in self.models:
            model.close()


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
class Rebuild:
    """Rebuild some of the models; after so many rounds, if any, it is interrupted."""

    which: slice
    rounds: int | None

    async def happen(self, house: House) -> None:
        rebuilding = asyncio.ensure_future(
            rebuild_together(house.models[self.which], house.builder)
        )
        if self.rounds is not None:
            await Wait(self.rounds).happen(house)
            rebuilding.cancel()
        with suppress(asyncio.CancelledError, RebuildUnderWay):
            await rebuilding


@dataclass(frozen=True)
class RebuildAndCrash:
    """Crash after so many rounds of a rebuild."""

    rounds: int

    async def happen(self, house: House) -> None:
        house.running.append(asyncio.ensure_future(rebuild_together(house.models, house.builder)))
        await Wait(self.rounds).happen(house)
        await house.crash()
        house.start()


@dataclass(frozen=True)
class Crash:
    async def happen(self, house: House) -> None:
        await house.crash()
        house.start()


@dataclass(frozen=True)
class Reset:
    async def happen(self, house: House) -> None:
        await house.models[0].reset()


@dataclass(frozen=True)
class Pause:
    async def happen(self, house: House) -> None:
        house.models[1].pause()


@dataclass(frozen=True)
class Delete:
    async def happen(self, house: House) -> None:
        (house.folder / "last.db").unlink(missing_ok=True)


Step: TypeAlias = Append | Wait | Rebuild | RebuildAndCrash | Crash | Reset | Pause | Delete

_APPENDS: Final = st.builds(Append, _LAMPS, _EVENTS)
_STEPS: Final[st.SearchStrategy[Step]] = st.one_of(
    _APPENDS,
    _APPENDS,
    st.builds(Wait, _SOON),
    st.builds(
        Rebuild,
        st.sampled_from([slice(0, 1), slice(1, 2), slice(0, 2)]),
        st.one_of(st.none(), _SOON),
    ),
    st.builds(RebuildAndCrash, _SOON),
    st.sampled_from([Crash(), Reset(), Pause(), Delete()]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_STEPS, max_size=14))
def test_every_read_model_equals_a_fold_of_the_log(steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_live_through(steps, Path(folder), Switched()))


class _Hurried(Switched):
    """Looks at the last event of a batch only: what it makes depends on the batches."""

    def apply(self, batch: Sequence[Recorded[Event]], rows: Connection) -> None:
        super().apply(batch[-1:], rows)


async def test_a_read_model_that_does_not_would_be_found(tmp_path: Path) -> None:
    """The control: without it, the test above would not have noticed."""
    steps = [Append("lamp/hall", [TurnedOn(), TurnedOn()])]
    with pytest.raises(AssertionError):
        await _live_through(steps, tmp_path, _Hurried())


async def _live_through(steps: Sequence[Step], folder: Path, switched: Projection[Event]) -> None:
    house = House(folder, (switched, Last()))
    house.start()
    async with asyncio.timeout(30):
        for step in steps:
            await step.happen(house)
        await Append("lamp/hall", [TurnedOn()]).happen(house)  # who lost a file finds out
        for model in house.models:
            model.resume()
            while model.status.position < await house.store.end():
                await model.read(lambda _: None)
    await house.crash()

    log = await house.store.read_log(BEGINNING, 10_000)
    times = Counter[str](one.stream for one in log if isinstance(one.event, TurnedOn))
    last = {one.stream: f"{one.event.kind} {one.position}" for one in log}
    assert rows_in(folder / "switched.db") == {"lamps": sorted(times.items())}
    assert rows_in(folder / "last.db") == {"lamps": sorted(last.items())}
