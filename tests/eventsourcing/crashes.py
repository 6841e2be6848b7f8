"""A process whose server dies: at one point of everything it does, before it or after it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeAlias

from clouds_edges.eventsourcing.command_handler import CommandHandler
from clouds_edges.eventsourcing.decider import CommandId, Issued, StreamName
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.process import Process, Reaction
from clouds_edges.eventsourcing.process_file import Change, ProcessFile
from clouds_edges.eventsourcing.process_runner import ProcessRunner
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.eventsourcing.store import EventStore
from clouds_edges.eventsourcing.stuck import Stuck
from clouds_edges.eventsourcing.timers import CancelTimer, SetTimer, Timer
from tests.eventsourcing.clock import Clock
from tests.eventsourcing.house import LampProcess, LampRunner, Steps
from tests.eventsourcing.lamp import (
    ATTIC,
    LAMP_DECIDER,
    Command,
    Event,
    Flash,
    Labelled,
    Somebody,
    TurnedOff,
    TurnedOn,
    to_append,
)

WATCH: Final = Somebody("watch")
RING_AFTER: Final = timedelta(minutes=5)
FLASH: Final[Reaction[Command, Somebody]] = Reaction(ATTIC, Flash(), WATCH)
"""A command that is never refused: given twice under two ids, it has two effects."""

Give: TypeAlias = Callable[[StreamName, Issued[Command, Somebody]], Awaitable[object]]
Save: TypeAlias = Callable[[str, Change], Awaitable[None]]


class Crash(BaseException):
    """The server is no more; nobody catches this."""


@dataclass
class Fate:
    """Crashes at the point of this number, counted from 1; never if it is 0."""

    at: int = 0
    points: list[str] = field(default_factory=list)
    """All points that were passed."""

    def point(self, name: str) -> None:
        self.points.append(name)
        if len(self.points) == self.at:
            raise Crash(name)


class MortalFile(ProcessFile):
    """A file whose server may crash before a transaction, and after it."""

    def __init__(self, path: Path, fate: Fate) -> None:
        super().__init__(path)
        self.fate = fate

    async def save(self, name: str, change: Change) -> None:
        self.fate.point("before a transaction")
        await super().save(name, change)
        self.fate.point("after a transaction")


@dataclass
class Watch:
    """What is done: flashes for labels, and a ring when a lamp was on for five minutes."""

    fate: Fate
    is_cured: bool = False
    """Whether labels that say poison are read without a failure."""

    @property
    def process(self) -> LampProcess:
        kinds = (TurnedOn, TurnedOff, Labelled)
        return Process(WATCH.id, kinds, self._react, self._on_due)

    async def _react(self, recorded: Recorded[Event]) -> Steps:
        if recorded.stream == ATTIC:
            return []
        self.fate.point("before react")
        steps = self._steps(recorded)
        self.fate.point("after react")
        return steps

    def _steps(self, recorded: Recorded[Event]) -> Steps:
        match recorded.event:
            case TurnedOn():
                return [FLASH, SetTimer("ring", recorded.at + RING_AFTER)]
            case TurnedOff():
                return [CancelTimer("ring")]
            case Labelled("poison") if not self.is_cured:
                raise LookupError(recorded.name)
            case Labelled():
                return [FLASH, FLASH]

    async def _on_due(self, _: Timer) -> Sequence[Reaction[Command, Somebody]]:
        self.fate.point("before on_due")
        rings = [FLASH, FLASH]
        self.fate.point("after on_due")
        return rings


class MortalHouse:
    """Lamps, and a watch whose server is started again after each crash; first by `start`."""

    def __init__(self, store: EventStore[Event], path: Path, fate: Fate) -> None:
        self.store = store
        self.fate = fate
        self.clock = Clock()
        self.watch = Watch(fate)
        self.crashes = 0
        self.troubles: list[Exception] = []
        """Come instead of the answers to the next commands."""
        self.open_file: Callable[[], ProcessFile] = lambda: MortalFile(path, fate)
        """A control replaces it."""
        self.given_as: Callable[[CommandId], CommandId] = lambda given: given
        """A control replaces it."""

    def start(self) -> None:
        """Start a server that knows what file and store know."""
        self.lamps = CommandHandler(LAMP_DECIDER, self.store)
        self.file = self.open_file()
        self.runner: LampRunner = ProcessRunner(
            self.watch.process,
            self.give,
            self.file,
            Feed(self.store),
            self.clock.now,
            self.clock.rest,
        )
        self.task = asyncio.ensure_future(self.runner.run())

    async def restart(self) -> None:
        """Start another server after a crash."""
        await self.stop()
        self.start()

    async def stop(self) -> None:
        """End the server, whether it lives or not."""
        self.task.cancel()
        await asyncio.wait([self.task])
        self.file.close()

    async def give(self, stream: StreamName, issued: Issued[Command, Somebody]) -> None:
        """What the process gives its commands to."""
        self.fate.point("before a command")
        if self.troubles:
            raise self.troubles.pop(0)
        given = Issued(
            issued.command, issued.by, issued.at, self.given_as(issued.id), cause=issued.cause
        )
        await self.lamps.handle(stream, given)
        self.fate.point("after a command")

    async def do(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do this, and again if the server crashes over it, until there is nothing more to do."""
        try:
            await act()
            await self._settle()
        except Crash:
            self.crashes += 1
            await self.restart()
            await self.do(act)

    async def happen(self, number: int, stream: StreamName, *events: Event) -> None:
        """Let events happen once, however often this is called with their number."""
        after = len(await self.store.read_stream(stream))
        append = to_append(
            *events, stream=stream, after=after, command_id=f"{number}", at=self.clock.time
        )
        await self.store.append(append)

    async def skip(self, stream: StreamName, position: int) -> None:
        """Skip what is stuck at a position, if it was not done before."""
        if any((one.stream, one.position) == (stream, position) for one in self.stuck):
            await self.runner.skip(stream)

    async def retry(self) -> None:
        """Retry whatever is stuck."""
        for one in self.stuck:
            await self.runner.retry(one.stream)

    async def rebuild(self) -> None:
        """Make the timers again, with every label read that has been."""
        self.watch.is_cured = True
        try:
            await self.runner.rebuild()
        finally:
            self.watch.is_cured = False

    async def wait(self, seconds: float) -> None:
        """Let time pass; whoever does it again lets more pass."""
        self.clock.advance(seconds)

    @property
    def stuck(self) -> Sequence[Stuck]:
        return self.runner.status.stuck

    async def effects(self) -> Counter[tuple[str, str | None]]:
        """How many events each command of the process has led to, by event and cause."""
        log = await self.store.read_log(BEGINNING, 10_000)
        return Counter((repr(one.event), one.cause) for one in log if one.by == WATCH.id)

    async def _settle(self) -> None:
        """Wait until the server has nothing to do; raises its crash."""
        idle = asyncio.ensure_future(self.clock.idle())
        await asyncio.wait([idle, self.task], return_when=asyncio.FIRST_COMPLETED)
        idle.cancel()
        with suppress(asyncio.CancelledError):
            await idle
        if self.task.done():
            self.task.result()
