"""Runs a process: gives its commands, fires its timers, and sets aside what keeps failing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from clouds_edges.eventsourcing.decider import A, C, CommandId, Issued, Refused, StreamName
from clouds_edges.eventsourcing.errors import (
    CommandReused,
    StoreUnavailable,
    UnreadableEvent,
    WritesStopped,
)
from clouds_edges.eventsourcing.process import Reaction
from clouds_edges.eventsourcing.process_memory import ProcessMemory
from clouds_edges.eventsourcing.process_status import ProcessState, ProcessStatus
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.eventsourcing.stuck import NotStuck, Occasion
from clouds_edges.eventsourcing.timers import Timer, Timers

if TYPE_CHECKING:
    from datetime import datetime

    from clouds_edges.eventsourcing.feed import Feed
    from clouds_edges.eventsourcing.process import Process
    from clouds_edges.eventsourcing.process_file import ProcessFile

E = TypeVar("E")

_LOG: Final = logging.getLogger(__name__)
_PAUSE: Final = 1.0
"""Seconds between tries while the store is in trouble."""
_LONGEST_REST: Final = 30.0
"""Seconds after which the clock is looked at again, should it have been put forward meanwhile."""
_SAVE_EVERY: Final = 1000
"""After how many events without effect a checkpoint is saved all the same."""


async def rest_until(wake: asyncio.Event, seconds: float | None) -> None:
    """Wait until somebody sets this, for so many seconds at most."""
    if seconds is None:  # which is most often so, and costs less
        await wake.wait()
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wake.wait()


class ProcessRunner(Generic[E, C, A]):
    """Gives the commands of one process, event by event, from its own checkpoint on.

    While the store is in trouble it tries again. An event that fails for another reason is tried
    again at growing intervals and parked in the end, with the later events of its stream behind
    it; other streams go on. Timers are fired when everything has been read.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the ports of a process, each once
        self,
        process: Process[E, C, A],
        give: Callable[[StreamName, Issued[C, A]], Awaitable[object]],
        file: ProcessFile,
        feed: Feed[E],
        now: Callable[[], datetime],
        rest: Callable[[asyncio.Event, float | None], Awaitable[None]] = rest_until,
    ) -> None:
        """Begin where `file` says; raises `StoreUnavailable` when it cannot be read."""
        self.failure: Exception | None = None
        self._process = process
        self._give = give
        self._memory = ProcessMemory(process.name, file, feed)
        self._feed = feed
        self._now = now
        self._rest = rest
        self._trouble: Exception | None = None
        self._is_paused = False
        self._is_resting = False
        self._rebuilt_to: Checkpoint | None = None
        self._step = asyncio.Lock()
        self._wake = asyncio.Event()
        self._resumed = asyncio.Event()
        feed.listen(self._wake, process.events)

    @property
    def status(self) -> ProcessStatus:
        """What an operator sees."""
        memory, end = self._memory, self._feed.end
        has_seen_all = self._is_resting and not self._wake.is_set()
        position = max(memory.checkpoint, end) if has_seen_all else memory.checkpoint
        error = self.failure or self._trouble
        return ProcessStatus(
            self._process.name,
            self._state,
            position,
            max(0, end - position),
            None if error is None else str(error),
            memory.stuck.status(),
            len(memory.timers),
            self._rebuilt_to,
        )

    async def run(self) -> None:
        """React to events and fire timers until cancelled; a bug stops it until it is resumed."""
        while True:
            try:
                await self._work()
            except StoreUnavailable as trouble:
                self._note_trouble(trouble)
                await self._rest(asyncio.Event(), _PAUSE)
            except Exception as error:  # noqa: BLE001 - whatever it is, it stops this process only
                _LOG.exception("the process %s has stopped", self._process.name)
                self.failure = error
                self._resumed.clear()
                await self._resumed.wait()

    def pause(self) -> None:
        """Do nothing after the event at hand, until resumed or until the next start."""
        self._is_paused = True
        self._wake.set()

    def resume(self) -> None:
        """Go on after a pause, or after a bug."""
        self._is_paused = False
        self._wake.set()
        self._resumed.set()

    async def retry(self, stream: StreamName) -> None:
        """Try at once what failed in this stream, and then what waits behind it.

        Raises:
            NotStuck: Nothing has failed there.
            StoreUnavailable: The log cannot be read, or the file not be written.
        """
        async with self._step:
            await self._check_stuck(stream)
            self._memory.stuck.retry(stream)
            await self._memory.save()
        self._wake.set()

    async def skip(self, stream: StreamName) -> None:
        """Do nothing about what failed in this stream, and go on with what waits behind it.

        Raises:
            NotStuck: Nothing has failed there.
            StoreUnavailable: The log cannot be read, or the file not be written.
        """
        async with self._step:
            await self._check_stuck(stream)
            self._memory.skip(stream)
            await self._memory.save()
        self._wake.set()

    async def rebuild(self) -> None:
        """Fold the timers again from the beginning of the log, as far as the process has come.

        Silent: no command is given, and what was fired stays so. Meanwhile the process stands
        still. When it is interrupted, or an event fails that did not before, nothing has changed.
        """
        if not self._process.has_timers:
            return
        async with self._step:
            await self._memory.check_log()
            self._rebuilt_to = BEGINNING
            try:
                timers = await self._folded_timers(self._memory.checkpoint)
            finally:
                self._rebuilt_to = None
            self._memory.timers = self._memory.timers.replaced_by(timers)
            await self._memory.save()
        self._wake.set()

    @property
    def _state(self) -> ProcessState:
        if self.failure is not None:
            return ProcessState.STOPPED
        if self._rebuilt_to is not None:
            return ProcessState.REBUILDING
        if self._is_paused:
            return ProcessState.PAUSED
        return ProcessState.FOLLOWING if self._trouble is None else ProcessState.WAITING

    async def _work(self) -> None:
        if self.failure is not None:
            self._memory.load()
            self.failure = None
        await self._feed.find_end()
        async with self._step:
            await self._memory.check_log()
        while True:
            self._wake.clear()
            if self._is_paused or not await self._advance():
                self._is_resting = not self._is_paused
                await self._rest(self._wake, self._seconds_to_rest())
                self._is_resting = False

    async def _advance(self) -> bool:
        """Do some of what there is to do; say whether there was anything."""
        has_worked = await self._try_again() or await self._read() or await self._fire_due()
        self._trouble = None
        return has_worked

    async def _try_again(self) -> bool:
        """Act on something that failed before, or that waited behind it."""
        if not self._memory.stuck:
            return False
        async with self._step:
            occasion = self._memory.stuck.to_try(self._now())
            if occasion is None:
                return False
            try:
                await self._act_on(occasion)
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, others go on
                self._note_failure(occasion, error)
            else:
                self._memory.done(occasion.stream)
            await self._memory.save()
        return True

    async def _read(self) -> bool:
        """React to the next events of the log."""
        batch = await self._feed.read(self._memory.checkpoint)
        if not batch:
            return False
        self._memory.know(batch[-1])
        for recorded in batch:
            if isinstance(recorded.event, self._process.events):
                async with self._step:
                    await self._take(recorded)
                    self._memory.checkpoint = recorded.position
                if self._is_paused:
                    break
        else:
            self._memory.checkpoint = batch[-1].position
        if self._memory.has_acted or self._memory.unsaved >= _SAVE_EVERY:
            async with self._step:
                await self._memory.save()
        return True

    async def _take(self, recorded: Recorded[E]) -> None:
        """React to an event, unless others of its stream wait: then it waits behind them."""
        stuck = self._memory.stuck
        occasion = Occasion(recorded.stream, recorded.position, recorded.version)
        if recorded.stream in stuck:
            self._memory.wait(occasion)
            return
        try:
            await self._react(recorded)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, others go on
            self._memory.wait(occasion)
            self._note_failure(occasion, error)

    async def _fire_due(self) -> bool:
        """Fire the timer that is due first, if its time has come."""
        if not self._memory.timers:
            return False
        async with self._step:
            timer = self._memory.timers.earliest(held=self._memory.stuck)
            if timer is None or timer.due > self._now():
                return False
            try:
                await self._fire(timer)
            except StoreUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, others go on
                occasion = Occasion(timer.stream, timer.position, timer.version, timer)
                self._memory.wait(occasion)
                self._note_failure(occasion, error)
            self._memory.timers.fired(timer)
            await self._memory.save()
        return True

    async def _act_on(self, occasion: Occasion) -> None:
        if occasion.timer is not None:
            await self._fire(occasion.timer)
            return
        recorded = await self._feed.at(occasion.position)
        if recorded is not None:
            await self._react(recorded)
        else:  # as for any reader of the log, its stream has ended before
            _LOG.error(
                "%s passes over %s@%d, which cannot be read any more",
                self._process.name,
                occasion.stream,
                occasion.version,
            )

    async def _react(self, recorded: Recorded[E]) -> None:
        prefix = f"{self._process.name}:{recorded.position}"
        try:
            steps = await self._process.react(recorded)
            reactions = [step for step in steps if isinstance(step, Reaction)]
            await self._give_all(reactions, prefix, recorded.name)
        except UnreadableEvent as error:  # that stream takes nothing more; the others go on
            _LOG.error("%s on %s: %s", self._process.name, recorded.name, error)
        else:
            self._memory.timers.follow(steps, recorded)

    async def _fire(self, timer: Timer) -> None:
        prefix = f"{self._process.name}:{timer.position}:{timer.name}"
        cause = f"{timer.stream}@{timer.version}"
        try:
            await self._give_all(await self._process.on_due(timer), prefix, cause)
        except UnreadableEvent as error:
            _LOG.error("%s on %s: %s", self._process.name, cause, error)

    async def _give_all(self, reactions: Sequence[Reaction[C, A]], prefix: str, cause: str) -> None:
        for number, reaction in enumerate(reactions):
            command_id = CommandId(f"{prefix}:{number}")
            issued = Issued(reaction.command, reaction.by, self._now(), command_id, cause=cause)
            self._memory.has_acted = True
            try:
                await self._give(reaction.stream, issued)
            except (Refused, CommandReused) as refusal:
                _LOG.info("%s to %s: %s", command_id, reaction.stream, refusal)

    async def _folded_timers(self, end: Checkpoint) -> Timers:
        timers, position = Timers(), BEGINNING
        while position < end:
            batch = await self._feed.read(position)
            for recorded in batch:
                if recorded.position <= end and self._has_acted_on(recorded):
                    with suppress(UnreadableEvent):
                        timers.follow(await self._process.react(recorded), recorded)
            position = self._rebuilt_to = batch[-1].position if batch else end
            await asyncio.sleep(0)  # others have their turn
        return timers

    def _has_acted_on(self, recorded: Recorded[E]) -> bool:
        return isinstance(recorded.event, self._process.events) and not self._memory.is_left_out(
            recorded.stream, recorded.position
        )

    def _note_trouble(self, trouble: StoreUnavailable) -> None:
        if type(trouble) is not type(self._trouble):  # once is enough, however long it lasts
            level = logging.INFO if isinstance(trouble, WritesStopped) else logging.WARNING
            _LOG.log(level, "%s tries again and again: %s", self._process.name, trouble)
        self._trouble = trouble

    def _note_failure(self, occasion: Occasion, error: Exception) -> None:
        where = f"{occasion.stream}@{occasion.version}"
        words = f"{type(error).__name__}: {error}"
        failing = self._memory.stuck.failed(occasion.stream, words, self._now())
        if failing.is_parked:
            _LOG.error("%s on %s is parked", self._process.name, where, exc_info=error)
        else:
            _LOG.warning("%s on %s, try %d: %s", self._process.name, where, failing.tries, words)

    async def _check_stuck(self, stream: StreamName) -> None:
        await self._memory.check_log()
        if stream not in self._memory.stuck:
            raise NotStuck(self._process.name, stream)

    def _seconds_to_rest(self) -> float | None:
        """How long it is until something is to be done though nobody sets `_wake`."""
        if self._is_paused:
            return None
        timer = self._memory.timers.earliest(held=self._memory.stuck)
        times = [self._memory.stuck.next_try(), None if timer is None else timer.due]
        first = min((at for at in times if at is not None), default=None)
        if first is None:
            return None
        return min(max(0.0, (first - self._now()).total_seconds()), _LONGEST_REST)
