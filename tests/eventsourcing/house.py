"""A house with lamps, in which processes are at work."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

from clouds_edges.eventsourcing.command_handler import CommandHandler, Handled
from clouds_edges.eventsourcing.decider import Issued, StreamName
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.process import Process, Reaction, Step
from clouds_edges.eventsourcing.process_file import ProcessFile
from clouds_edges.eventsourcing.process_runner import ProcessRunner
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
from clouds_edges.eventsourcing.store import EventStore
from clouds_edges.eventsourcing.timers import CancelTimer, SetTimer, Timer
from tests.eventsourcing.clock import Clock
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

LampProcess: TypeAlias = Process[Event, Command, Somebody]
LampRunner: TypeAlias = ProcessRunner[Event, Command, Somebody]
Steps: TypeAlias = Sequence[Step[Command, Somebody]]
Given: TypeAlias = Issued[Command, Somebody]

UPSTAIRS: Final = Somebody("the-same-upstairs")
SWITCH: Final = Somebody("stair-switch")
BRIGHT: Final = timedelta(minutes=5)
FIVE_MINUTES: Final = BRIGHT.total_seconds()
"""How long a lamp stays on by itself."""


async def _the_same_upstairs(recorded: Recorded[Event]) -> Steps:
    if recorded.stream != HALL:
        return []
    match recorded.event:
        case TurnedOn():
            return [Reaction(ATTIC, Switch(on=True), UPSTAIRS)]
        case TurnedOff():
            return [Reaction(ATTIC, Switch(on=False), UPSTAIRS)]
        case Labelled():
            return [Reaction(ATTIC, Flash(), UPSTAIRS), Reaction(ATTIC, Flash(), UPSTAIRS)]


async def _stay_bright(recorded: Recorded[Event]) -> Steps:
    match recorded.event:
        case TurnedOn():
            return [SetTimer("off", recorded.at + BRIGHT)]
        case TurnedOff():
            return [CancelTimer("off")]
        case Labelled():
            return []


async def _switch_off(timer: Timer) -> Sequence[Reaction[Command, Somebody]]:
    return [Reaction(timer.stream, Switch(on=False), SWITCH)]


THE_SAME_UPSTAIRS: Final[LampProcess] = Process(
    UPSTAIRS.id, (TurnedOn, TurnedOff, Labelled), _the_same_upstairs
)
"""Follow the hall's lamp in the attic, and flash there twice for every label."""

STAIR_SWITCH: Final[LampProcess] = Process(
    SWITCH.id, (TurnedOn, TurnedOff), _stay_bright, _switch_off
)
"""Turn every lamp off five minutes after somebody turned it on."""


@dataclass
class House:
    """A store with lamps, a file of processes, a clock that stands; and what was given."""

    store: EventStore[Event]
    path: Path
    clock: Clock = field(default_factory=Clock)
    troubles: list[Exception | None] = field(default_factory=list)
    """Come instead of the answers to the next commands of processes; None lets one through."""
    given: list[Given] = field(default_factory=list)
    answers: list[Handled] = field(default_factory=list)
    appended: int = 0

    def __post_init__(self) -> None:
        self.file = ProcessFile(self.path)
        self._lamps = CommandHandler(LAMP_DECIDER, self.store)

    async def give(self, stream: StreamName, issued: Given) -> None:
        """What processes give their commands to."""
        self.given.append(issued)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        self.answers.append(await self._lamps.handle(stream, issued))

    async def happen(self, *events: Event, stream: StreamName = HALL) -> None:
        """Let events happen now, whatever the lamp's state."""
        self.appended += 1
        after = len(await self.store.read_stream(stream))
        command_id = f"{await self.store.end()}-{self.appended}"
        await self.store.append(
            to_append(
                *events,
                stream=stream,
                after=after,
                command_id=command_id,
                by=ANN,
                at=self.clock.time,
            )
        )
        self._lamps = CommandHandler(LAMP_DECIDER, self.store)

    @asynccontextmanager
    async def running(self, process: LampProcess = THE_SAME_UPSTAIRS) -> AsyncIterator[LampRunner]:
        """A runner at work, which has done everything there was to do before it is ended."""
        runner = self.runner(process)
        task = asyncio.ensure_future(runner.run())
        await self.clock.idle()
        yield runner
        await self.clock.idle()
        task.cancel()
        await asyncio.wait([task])

    def runner(self, process: LampProcess = THE_SAME_UPSTAIRS) -> LampRunner:
        """A runner that knows what the file knows."""
        feed = Feed(self.store)
        return ProcessRunner(process, self.give, self.file, feed, self.clock.now, self.clock.rest)

    def reopen_file(self) -> None:
        """Open the file anew, as after a restart."""
        self.file.close()
        self.file = ProcessFile(self.path)

    def restart_with(self, store: EventStore[Event]) -> None:
        """Begin with another store beside the same file."""
        self.store = store
        self._lamps = CommandHandler(LAMP_DECIDER, store)
        self.reopen_file()

    def lose_file(self) -> None:
        """Begin with a new file, as after an accident."""
        self.file.close()
        self.path.unlink()
        self.file = ProcessFile(self.path)

    async def events(self, stream: StreamName = ATTIC) -> list[Event]:
        """What has happened in a stream."""
        return [one.event for one in await self.store.read_stream(stream)]


async def let_pass(house: House, seconds: float) -> None:
    """Let time pass, and everything be done that there is to do."""
    await house.clock.idle()
    house.clock.advance(seconds)
    await house.clock.idle()


def a_timer(
    stream: StreamName = HALL, name: str = "off", seconds: int = 0, position: int = 1
) -> Timer:
    return Timer(stream, name, NOON + timedelta(seconds=seconds), Checkpoint(position), 1)
