"""A process that keeps the attic's lamp as the hall's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import pytest

from clouds_edges.eventsourcing.command_handler import CommandHandler, Handled
from clouds_edges.eventsourcing.decider import CommandId, Issued, StreamName
from clouds_edges.eventsourcing.errors import BrokenChain, StoreUnavailable, VersionConflict
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.process import Process, ProcessRunner, Reaction
from clouds_edges.eventsourcing.projection import CheckpointFile
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from tests.eventsourcing.lamp import (
    ANN,
    ATTIC,
    HALL,
    LAMP_DECIDER,
    NOON,
    Command,
    Event,
    Flash,
    Labelled,
    Somebody,
    Switch,
    TurnedOff,
    TurnedOn,
    to_append,
)

React: TypeAlias = Callable[[Recorded[Event]], Awaitable[Sequence[Reaction[Command, Somebody]]]]
Given: TypeAlias = Issued[Command, Somebody]

_ME = Somebody("the-same-upstairs")


async def _the_same_upstairs(recorded: Recorded[Event]) -> Sequence[Reaction[Command, Somebody]]:
    """Follow the hall's lamp in the attic, and flash for every label."""
    if recorded.stream != HALL:
        return []
    match recorded.event:
        case TurnedOn():
            return [Reaction(ATTIC, Switch(on=True), _ME)]
        case TurnedOff():
            return [Reaction(ATTIC, Switch(on=False), _ME)]
        case Labelled("nothing"):
            return []
        case Labelled():
            return [Reaction(ATTIC, Flash(), _ME), Reaction(ATTIC, Flash(), _ME)]


@dataclass
class _House:
    """A store with lamps, and what a process gave to them."""

    store: MemoryStore[Event]
    file: CheckpointFile
    troubles: list[Exception] = field(default_factory=list)
    """Come instead of the answers to the next commands."""
    given: list[Given] = field(default_factory=list)
    answers: list[Handled] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lamps = CommandHandler(LAMP_DECIDER, self.store)

    async def give(self, stream: StreamName, issued: Given) -> None:
        self.given.append(issued)
        if self.troubles:
            raise self.troubles.pop(0)
        self.answers.append(await self._lamps.handle(stream, issued))

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @asynccontextmanager
    async def running(
        self, react: React = _the_same_upstairs
    ) -> AsyncIterator[ProcessRunner[Event, Command, Somebody]]:
        process = Process(_ME.id, react)
        runner = ProcessRunner(
            process, self.give, self.file, Feed(self.store), lambda: NOON, self.pause
        )
        task = asyncio.ensure_future(runner.run())
        yield runner
        task.cancel()
        await asyncio.wait([task])

    async def until(self, checkpoint: int) -> None:
        async with asyncio.timeout(10):
            while self.file.load(_ME.id) < checkpoint:  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0)

    async def upstairs(self) -> list[Event]:
        return [one.event for one in await self.store.read_stream(ATTIC)]


@pytest.fixture
def house(memory: MemoryStore[Event], tmp_path: Path) -> Iterator[_House]:
    file = CheckpointFile(tmp_path / "processes.db")
    yield _House(memory, file)
    file.close()


async def test_an_event_leads_to_commands(house: _House) -> None:
    async with house.running():
        await house.store.append(to_append(TurnedOn(), TurnedOff()))
        await house.until(2)

    assert await house.upstairs() == [TurnedOn(), TurnedOff()]


async def test_a_command_has_its_id_from_process_position_and_step(house: _House) -> None:
    async with house.running():
        await house.store.append(to_append(TurnedOff(), TurnedOff(), Labelled("two steps")))
        await house.until(3)

    *_, first, second = house.given
    assert [first.id, second.id] == ["the-same-upstairs:3:0", "the-same-upstairs:3:1"]
    assert first == Issued(
        Flash(), _ME, NOON, CommandId("the-same-upstairs:3:0"), cause="lamp/hall@3"
    )
    recorded = await house.store.read_stream(ATTIC)
    assert {one.cause for one in recorded} == {"lamp/hall@3"}


async def test_a_lost_checkpoint_has_no_second_effect(house: _House) -> None:
    async with house.running():
        await house.store.append(to_append(TurnedOn(), Labelled("flash"), TurnedOff()))
        await house.until(3)
    before = await house.upstairs()
    house.file.save(_ME.id, BEGINNING)

    async with house.running():
        await house.until(3)

    assert len(house.given) == 8
    assert [answer.is_duplicate for answer in house.answers] == [False] * 4 + [True] * 4
    assert await house.upstairs() == before


async def test_other_ids_would_have_a_second_effect(house: _House) -> None:
    """The control of the test above."""
    await house.store.append(to_append(Labelled("flash")))
    for number in range(2):
        await house.give(ATTIC, Issued(Flash(), _ME, NOON, CommandId(f"{number}")))
    assert len(await house.upstairs()) == 4


async def test_a_refused_command_does_not_stop_the_process(house: _House) -> None:
    async with house.running() as runner:
        await house.store.append(to_append(TurnedOff(), TurnedOn()))
        await house.until(2)

    assert len(house.given) == 2
    assert await house.upstairs() == [TurnedOn()]
    assert runner.failure is None


async def test_a_reaction_that_is_another_now_does_not_stop_the_process(house: _House) -> None:
    async def once_a_flash(_: Recorded[Event]) -> Sequence[Reaction[Command, Somebody]]:
        return [] if house.answers else [Reaction(ATTIC, Flash(), _ME)]

    async def switch_instead(
        recorded: Recorded[Event],
    ) -> Sequence[Reaction[Command, Somebody]]:
        return [Reaction(ATTIC, Switch(on=True), _ME)] if recorded.stream == HALL else []

    async with house.running(once_a_flash):
        await house.store.append(to_append(TurnedOn()))
        await house.until(1)
    house.file.save(_ME.id, BEGINNING)
    async with house.running(switch_instead) as runner:
        await house.store.append(to_append(TurnedOn(), after=1, command_id="second"))
        await house.until(4)

    assert runner.failure is None
    assert await house.upstairs() == [TurnedOn(), TurnedOff(), TurnedOn()]


@pytest.mark.parametrize(
    "trouble", [StoreUnavailable("the disk is full"), VersionConflict(ATTIC, 1, 2)]
)
async def test_a_process_waits_for_the_store(house: _House, trouble: Exception) -> None:
    house.troubles = [trouble] * 6

    async with house.running() as runner:
        await house.store.append(to_append(TurnedOn(), Labelled("two steps")))
        await house.until(2)

    assert await house.upstairs() == [TurnedOn()] + [TurnedOff(), TurnedOn()] * 2
    assert house.pauses == [1.0] * 6
    assert runner.failure is None


async def test_trouble_between_two_steps_repeats_the_first_without_effect(house: _House) -> None:
    async def answer_is_lost(recorded: Recorded[Event]) -> Sequence[Reaction[Command, Somebody]]:
        if len(house.answers) == 1 and not house.pauses:
            house.troubles = [StoreUnavailable("the disk is full")]
        return await _the_same_upstairs(recorded)

    async with house.running(answer_is_lost):
        await house.store.append(to_append(TurnedOn(), Labelled("two steps")))
        await house.until(2)

    assert house.pauses == [1.0]
    assert await house.upstairs() == [TurnedOn()] + [TurnedOff(), TurnedOn()] * 2


async def test_an_unreadable_stream_is_passed_over(
    house: _House, caplog: pytest.LogCaptureFixture
) -> None:
    house.troubles = [BrokenChain(ATTIC, 3)]

    async with house.running() as runner:
        await house.store.append(to_append(TurnedOff(), TurnedOn()))
        await house.until(2)

    assert await house.upstairs() == [TurnedOn()]
    assert runner.failure is None
    assert "lamp/attic was changed after it was recorded, at version 3" in caplog.text


async def test_any_other_failure_stops_the_process_and_nothing_else(
    house: _House, caplog: pytest.LogCaptureFixture
) -> None:
    house.troubles = [ZeroDivisionError("a bug")]
    process = Process(_ME.id, _the_same_upstairs)
    runner = ProcessRunner(process, house.give, house.file, Feed(house.store), lambda: NOON)
    await house.store.append(to_append(TurnedOn()))

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.run())

    assert isinstance(runner.failure, ZeroDivisionError)
    assert "the process the-same-upstairs has stopped" in caplog.text
    assert house.file.load(_ME.id) == BEGINNING


async def test_events_without_reaction_are_passed_now_and_then(house: _House) -> None:
    async with house.running():
        await house.store.append(to_append(*[Labelled("nothing")] * 1500))
        await house.until(1000)
        assert house.file.load(_ME.id) == 1024
    assert house.given == []


async def test_a_process_that_has_read_everything_waits(house: _House) -> None:
    async with house.running():
        await house.store.append(to_append(TurnedOn(), by=ANN))
        await house.until(1)
        await house.store.append(to_append(TurnedOff(), after=1, command_id="second"))
        await house.until(3)
    assert await house.upstairs() == [TurnedOn(), TurnedOff()]
