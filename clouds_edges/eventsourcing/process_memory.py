"""What one process knows between two events, and what of it has to be saved."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from clouds_edges.eventsourcing.process_file import Change
from clouds_edges.eventsourcing.recorded import Reached
from clouds_edges.eventsourcing.stuck import Occasion, StuckStreams
from clouds_edges.eventsourcing.timers import Timers

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.eventsourcing.feed import Feed
    from clouds_edges.eventsourcing.process_file import ProcessFile
    from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded

E = TypeVar("E")

_LOG: Final = logging.getLogger(__name__)


class ProcessMemory(Generic[E]):
    """How far a process has come, the timers it has set, and where it is stuck.

    May be ahead of its file: what is missing there is folded again from the log. What is saved
    knows the last event of the log, so that it is taken for nothing beside a log that has lost
    what was read, or what came of it.
    """

    checkpoint: Checkpoint
    timers: Timers
    stuck: StuckStreams
    has_acted: bool
    """Whether commands were given, or something got stuck, since the last `save`."""

    def __init__(self, name: str, file: ProcessFile, feed: Feed[E]) -> None:
        self._name = name
        self._file = file
        self._feed = feed
        self._is_of_log = False
        self.load()

    def load(self) -> None:
        """Know what the file knows; raises `StoreUnavailable`."""
        kept = self._file.load(self._name)
        self.checkpoint = self._saved_checkpoint = kept.checkpoint
        self._known = kept.known
        self.timers = Timers(kept.timers, kept.fired_until)
        self.stuck = StuckStreams(kept.waiting, kept.failing)
        self.has_acted = False
        self._saved_place = self.stuck.next_place
        self._skipped = set(kept.skipped)
        self._newly_skipped: set[Checkpoint] = set()
        self._is_chosen = False

    async def check_log(self) -> None:
        """Begin with nothing if the log does not have what is known of it; once is enough.

        Raises:
            StoreUnavailable: The log cannot be read, or the file not be written.
        """
        if self._is_of_log:
            return
        if not await self._feed.holds(self._known):
            _LOG.warning("%s begins anew: this is not the log that it has followed", self._name)
            await self._file.forget(self._name)
            self.load()
        self._is_of_log = True

    def know(self, recorded: Recorded[E]) -> None:
        """Take note of an event that was read."""
        if recorded.position > self._known.position:
            self._known = Reached.by(recorded)

    @property
    def unsaved(self) -> int:
        """How many events have been passed since the last `save`."""
        return self.checkpoint - self._saved_checkpoint

    def wait(self, occasion: Occasion) -> None:
        """Let an occasion wait, behind others of its stream if there are any."""
        self.stuck.append(occasion)
        self.has_acted = True

    def done(self, stream: StreamName) -> Occasion:
        """Let the first occasion of a stream go."""
        occasion = self.stuck.done(stream)
        if stream not in self.stuck:
            self.timers.release(stream)
        return occasion

    def skip(self, stream: StreamName) -> None:
        """Let the first occasion of a stream go, and remember that it was never acted on."""
        occasion = self.done(stream)
        self._is_chosen = True
        if occasion.timer is None:
            self._newly_skipped.add(occasion.position)

    def is_left_out(self, stream: StreamName, position: Checkpoint) -> bool:
        """Whether an event behind the checkpoint waits, or was skipped."""
        if position in self._skipped or position in self._newly_skipped:
            return True
        waiting = (one.occasion for one in self.stuck.waiting_in(stream))
        return any(one.position == position and one.timer is None for one in waiting)

    async def save(self) -> None:
        """Save everything that has changed in one transaction; raises `StoreUnavailable`."""
        change = self._change()
        await self._file.save(self._name, change)
        self._saved_checkpoint = change.checkpoint
        self._saved_place = self.stuck.next_place
        self.has_acted = False
        self.timers.changed.clear()
        self.stuck.changed.clear()
        self._skipped |= self._newly_skipped
        self._newly_skipped.clear()
        self._is_chosen = False

    def _change(self) -> Change:
        timers = {key: self.timers.get(key) for key in self.timers.changed}
        failing = {stream: self.stuck.failing(stream) for stream in self.stuck.changed}
        waiting = [
            one for stream in failing for one in self.stuck.waiting_in(stream, self._saved_place)
        ]
        return Change(
            self.checkpoint,
            max(self._known, self._feed.last, key=lambda one: one.position),
            self.timers.fired_until,
            set=tuple(timer for timer in timers.values() if timer is not None),
            gone=tuple(key for key, timer in timers.items() if timer is None),
            waiting=tuple(waiting),
            failing=tuple(one for one in failing.values() if one is not None),
            freed=tuple(stream for stream, one in failing.items() if one is None),
            skipped=tuple(self._newly_skipped),
            is_chosen=self._is_chosen,
        )
