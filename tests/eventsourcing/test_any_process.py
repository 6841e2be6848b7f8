"""Whatever happens, in whatever order: a process does what a simple model says, once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.process_status import ProcessState
from tests.eventsourcing.crashes import RING_AFTER, Fate, MortalHouse
from tests.eventsourcing.lamp import CODEC, HALL, Event, Labelled, TurnedOff, TurnedOn

CELLAR: Final = StreamName("lamp/cellar")
POISON: Final = Labelled("poison")
LIT: Final = repr(TurnedOn())


@dataclass(frozen=True, slots=True)
class Happen:
    stream: StreamName
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: int


@dataclass(frozen=True, slots=True)
class Crash:
    """Die at one of the next points; of old age, if none comes."""

    points: int


@dataclass(frozen=True, slots=True)
class Restart:
    pass


@dataclass(frozen=True, slots=True)
class Cure:
    """Retry whatever is stuck while no poison is one."""


@dataclass(frozen=True, slots=True)
class Skip:
    stream: StreamName


@dataclass(frozen=True, slots=True)
class Trouble:
    """The store takes none of the next commands."""

    commands: int


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class Resume:
    pass


@dataclass(frozen=True, slots=True)
class Rebuild:
    pass


Act: TypeAlias = Happen | Wait | Crash | Restart | Cure | Skip | Trouble | Pause | Resume | Rebuild


@dataclass
class _Line:
    """The events of one stream, and how far they are done."""

    events: list[tuple[int, datetime, Event]] = field(default_factory=list)
    done: int = 0
    ring: tuple[int, datetime] | None = None

    @property
    def is_stuck(self) -> bool:
        return self.done < len(self.events)


@dataclass
class _Model:
    """What has to come of it: how many flashes for what, as the causes of the commands."""

    lines: dict[StreamName, _Line] = field(default_factory=lambda: {HALL: _Line(), CELLAR: _Line()})
    flashes: Counter[str] = field(default_factory=Counter)

    def catch_up(self, now: datetime, *, is_cured: bool = False) -> None:
        """Do everything that can be done by now."""
        for stream, line in self.lines.items():
            while line.is_stuck and (is_cured or line.events[line.done][2] != POISON):
                version, at, event = line.events[line.done]
                self._do(f"{stream}@{version}", line, version, at, event)
                line.done += 1
            if not line.is_stuck and line.ring is not None and line.ring[1] <= now:
                self.flashes[f"{stream}@{line.ring[0]}"] += 2
                line.ring = None

    def _do(self, cause: str, line: _Line, version: int, at: datetime, event: Event) -> None:
        match event:
            case TurnedOn():
                self.flashes[cause] += 1
                line.ring = version, at + RING_AFTER
            case TurnedOff():
                line.ring = None
            case Labelled():
                self.flashes[cause] += 2


class _Story:
    """The house and the model, side by side."""

    def __init__(self, house: MortalHouse) -> None:
        self.house = house
        self.model = _Model()
        self._happened = 0

    async def tell(self, acts: Sequence[Act]) -> None:
        """Do these, and compare after each; in the end let everything have its effect."""
        self.house.start()
        try:
            for act in (*acts, Resume(), Cure(), Wait(300), Wait(300)):
                await self._do(act)
                await self._compare()
            assert not self.house.stuck
        finally:
            await self.house.stop()

    async def _do(self, act: Act) -> None:  # noqa: C901 - a list, nothing more
        house = self.house
        match act:
            case Happen(stream, events):
                await self._happen(stream, events)
            case Wait(seconds):
                await house.do(partial(house.wait, seconds))
            case Crash(points):
                house.fate.at = len(house.fate.points) + points
            case Restart():
                await house.restart()
            case Cure():
                await self._cure()
            case Skip(stream):
                await self._skip(stream)
            case Trouble(commands):
                house.troubles += [StoreUnavailable("the disk is full")] * commands
            case Pause():
                house.runner.pause()
            case Resume():
                house.runner.resume()
            case Rebuild():
                await house.do(house.rebuild)

    async def _happen(self, stream: StreamName, events: Sequence[Event]) -> None:
        line = self.model.lines[stream]
        line.events += [
            (version, self.house.clock.time, event)
            for version, event in enumerate(events, len(line.events) + 1)
        ]
        self._happened += 1
        await self.house.do(partial(self.house.happen, self._happened, stream, *events))

    async def _cure(self) -> None:
        self.house.watch.is_cured = True
        await self.house.do(self.house.retry)
        await self._catch_up(is_cured=True)
        self.house.watch.is_cured = False

    async def _skip(self, stream: StreamName) -> None:
        for stuck in self.house.stuck:
            line = self.model.lines[stuck.stream]
            if stuck.stream == stream and line.events[line.done][2] == POISON:
                assert stuck.version == line.done + 1
                await self.house.do(partial(self.house.skip, stream, stuck.position))
                line.done += 1

    async def _compare(self) -> None:
        """Let the house do what it can, and the model as well: then they are the same."""
        await self._catch_up()
        effects = await self.house.effects()
        flashes = {cause: times for (event, cause), times in effects.items() if event == LIT}
        assert flashes == dict(self.model.flashes)
        if not self._is_paused:
            status = self.house.runner.status
            lines = self.model.lines.items()
            assert {one.stream for one in status.stuck} == {s for s, one in lines if one.is_stuck}
            assert status.timers == sum(one.ring is not None for _, one in lines)

    async def _catch_up(self, *, is_cured: bool = False) -> None:
        await self.house.do(_nothing)
        while self.house.runner.status.state is ProcessState.WAITING:
            await self.house.do(partial(self.house.wait, 1))
        if not self._is_paused:
            self.model.catch_up(self.house.clock.time, is_cured=is_cured)

    @property
    def _is_paused(self) -> bool:
        return self.house.runner.status.state is ProcessState.PAUSED


async def _nothing() -> None:
    pass


_streams = st.sampled_from([HALL, CELLAR])
_events: st.SearchStrategy[Event] = st.sampled_from(
    [TurnedOn(), TurnedOn(), TurnedOff(), Labelled("hall"), POISON]
)
_happen = st.builds(Happen, _streams, st.lists(_events, min_size=1, max_size=3).map(tuple))
_wait = st.builds(Wait, st.sampled_from([1, 30, 300]))
_acts: st.SearchStrategy[Act] = st.one_of(
    *[_happen] * 4,
    *[_wait] * 3,
    *[st.builds(Crash, st.integers(1, 12))] * 2,
    *[st.just(Rebuild())] * 2,
    *[st.builds(Skip, _streams)] * 2,
    st.builds(Trouble, st.integers(1, 3)),
    st.sampled_from([Restart(), Cure()]),
    st.sampled_from([Pause(), Resume(), Resume()]),
)


async def test_with_other_ids_each_time_the_model_knows_better(tmp_path: Path) -> None:
    """The control of the test below."""
    acts: list[Act] = [Crash(points=4), Happen(HALL, (Labelled("hall"),))]
    await _Story(MortalHouse(MemoryStore(CODEC), tmp_path / "same.db", Fate())).tell(acts)
    house = MortalHouse(MemoryStore(CODEC), tmp_path / "other.db", Fate())
    ids = count()
    house.given_as = lambda _: CommandId(f"{next(ids)}")
    with pytest.raises(AssertionError):
        await _Story(house).tell(acts)


_A_CANCEL_NOT_SAVED_BEFORE: Final[Sequence[Act]] = (
    Happen(HALL, (TurnedOn(),)),
    Happen(HALL, (TurnedOff(),)),
    Rebuild(),
    Restart(),
)


@example(acts=_A_CANCEL_NOT_SAVED_BEFORE)
@given(acts=st.lists(_acts, min_size=8, max_size=24))
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_whatever_happens_each_effect_is_there_once(
    acts: Sequence[Act], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path: Path = tmp_path_factory.mktemp("any") / "processes.db"
    await _Story(MortalHouse(MemoryStore(CODEC), path, Fate())).tell(acts)
