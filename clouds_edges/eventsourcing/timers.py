"""Timers of a process: set and cancelled by events, due once.

They are a fold of the log like any other state, so they survive a restart and can be made again.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded

_MOST_STALE: Final = 64
"""How many entries of timers that are gone the heap may hold beside as many as there are timers."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Let a timer be due at a time, which is aware and in UTC.

    The timer belongs to process and stream of the event; one of the same name is replaced.
    """

    name: str
    due: datetime


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Let the timer of this name not be due; nothing if there is none."""

    name: str


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer, and where in the log the event is that set it."""

    stream: StreamName
    name: str
    due: datetime
    position: Checkpoint
    version: int


TimerKey: TypeAlias = "tuple[StreamName, str]"
"""What a timer is known by within its process."""

_Entry: TypeAlias = "tuple[datetime, Checkpoint, str, StreamName]"


class Timers:
    """The timers of one process that are not due yet, or have not been fired."""

    def __init__(self, timers: Iterable[Timer] = (), fired_until: datetime | None = None) -> None:
        self.changed: set[TimerKey] = set()
        """What was set or has gone since somebody last emptied this set."""
        self.fired_until = fired_until
        """The latest time for which a timer was fired."""
        self._timers = {(timer.stream, timer.name): timer for timer in timers}
        self._aside: dict[StreamName, list[_Entry]] = {}
        self._heap: list[_Entry] = []
        self._build_heap()

    def __len__(self) -> int:
        return len(self._timers)

    def get(self, key: TimerKey) -> Timer | None:
        """The timer known by this, or None."""
        return self._timers.get(key)

    def all(self) -> tuple[Timer, ...]:
        """Every timer, in no order."""
        return tuple(self._timers.values())

    def follow(self, steps: Iterable[object], recorded: Recorded[object]) -> None:
        """Set and cancel the timers that an event leads to, among its other steps."""
        for step in steps:
            match step:
                case SetTimer(name, due):
                    where = recorded.position, recorded.version
                    self.set(Timer(recorded.stream, name, due, *where))
                case CancelTimer(name):
                    self.remove((recorded.stream, name))
                case _:
                    pass

    def set(self, timer: Timer) -> None:
        """Add a timer; it takes the place of one of the same stream and name."""
        key = timer.stream, timer.name
        self._timers[key] = timer
        self.changed.add(key)
        heapq.heappush(self._heap, _entry(timer))
        if len(self._heap) > 2 * len(self._timers) + _MOST_STALE:
            self._build_heap()

    def remove(self, key: TimerKey) -> None:
        """Let a timer go, if it is there."""
        if self._timers.pop(key, None) is not None:
            self.changed.add(key)

    def fired(self, timer: Timer) -> None:
        """Let a timer go because its time has come."""
        self.remove((timer.stream, timer.name))
        self.fired_until = max(timer.due, self.fired_until or timer.due)

    def earliest(self, held: Container[StreamName]) -> Timer | None:
        """The timer that is due first, of those whose streams are not held up."""
        while self._heap:
            due, position, name, stream = entry = self._heap[0]
            timer = self._timers.get((stream, name))
            if timer is not None and (timer.due, timer.position) == (due, position):
                if stream not in held:
                    return timer
                self._aside.setdefault(stream, []).append(entry)
            heapq.heappop(self._heap)
        return None

    def release(self, stream: StreamName) -> None:
        """Consider the timers of a stream again that was held up."""
        for entry in self._aside.pop(stream, ()):
            heapq.heappush(self._heap, entry)

    def replaced_by(self, rebuilt: Timers) -> Timers:
        """These timers folded again: whatever was fired before stays fired.

        A timer that is here has not been fired, one for a later time than any fired neither; all
        others have been, or would have been had the process been then what it is now.
        """
        until = self.fired_until
        kept = [
            timer
            for timer in rebuilt.all()
            if until is None or timer.due > until or self._is_here(timer)
        ]
        timers = Timers(kept, until)
        timers.changed = {*self.changed, *self._timers, *timers._timers}
        return timers

    def _is_here(self, timer: Timer) -> bool:
        here = self._timers.get((timer.stream, timer.name))
        return here is not None and here.position == timer.position

    def _build_heap(self) -> None:
        self._aside.clear()
        self._heap = [_entry(timer) for timer in self._timers.values()]
        heapq.heapify(self._heap)


def _entry(timer: Timer) -> _Entry:
    return timer.due, timer.position, timer.name, timer.stream
