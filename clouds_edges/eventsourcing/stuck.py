"""Streams in which a process is stuck: an event that fails, and the later ones behind it.

Other streams go on. What fails is tried again at growing intervals, in the end parked until
somebody has it retried or skipped; what waits behind keeps its order.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from clouds_edges.eventsourcing.decider import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.eventsourcing.recorded import Checkpoint
    from clouds_edges.eventsourcing.timers import Timer

MOST_TRIES: Final = 6
"""After how many tries an event is parked."""
_FIRST_PAUSE: Final = timedelta(seconds=1)
"""Between the first try and the second; each later pause is twice as long."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a process acts on: an event, or a timer that the event has set."""

    stream: StreamName
    position: Checkpoint
    version: int
    timer: Timer | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An occasion that failed, or waits behind one; `place` is its order within the process."""

    place: int
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class Failing:
    """How the first occasion of a stream fares; `place` is its."""

    stream: StreamName
    place: int
    tries: int
    error: str
    is_parked: bool


@dataclass(frozen=True, slots=True)
class Stuck:
    """What an operator sees of a stream in which a process is stuck.

    `waiting` counts the later events behind this one; `timer` names the timer if it was one that
    failed. `error` is empty and `tries` 0 when it was not tried yet, or is to be retried.
    """

    stream: StreamName
    position: Checkpoint
    version: int
    tries: int
    error: str
    is_parked: bool
    waiting: int
    timer: str | None = None


@dataclass(slots=True)
class _Queue:
    """The occasions of one stream; the first is the one that failed."""

    waiting: deque[Waiting] = field(default_factory=deque)
    tries: int = 0
    error: str = ""
    is_parked: bool = False
    again_at: datetime | None = None
    """When to try the next time; None for at once."""


class NotStuck(Refused):
    """The process is not stuck in this stream."""

    code = "not_stuck"

    def __init__(self, process: str, stream: StreamName) -> None:
        super().__init__(f"the process {process} is not stuck in {stream}")


class StuckStreams:
    """All streams in which one process is stuck."""

    def __init__(self, waiting: Iterable[Waiting] = (), failing: Iterable[Failing] = ()) -> None:
        self.changed: set[StreamName] = set()
        """What has changed since somebody last emptied this set."""
        self.next_place = 1
        self._queues: dict[StreamName, _Queue] = {}
        for one in waiting:
            self._queue(one.occasion.stream).waiting.append(one)
            self.next_place = one.place + 1
        for first in failing:
            queue = self._queues[first.stream]
            queue.tries, queue.error, queue.is_parked = first.tries, first.error, first.is_parked

    def __len__(self) -> int:
        return len(self._queues)

    def __contains__(self, stream: object) -> bool:
        return stream in self._queues

    def append(self, occasion: Occasion) -> None:
        """Let an occasion wait behind those of its stream, or be the first of them."""
        self._queue(occasion.stream).waiting.append(Waiting(self.next_place, occasion))
        self.next_place += 1
        self.changed.add(occasion.stream)

    def failed(self, stream: StreamName, error: str, now: datetime) -> Failing:
        """Count a try of the first occasion that failed; park it when it was the last."""
        queue = self._queues[stream]
        queue.tries += 1
        queue.error = error
        queue.is_parked = queue.tries >= MOST_TRIES
        queue.again_at = now + _FIRST_PAUSE * 2 ** (queue.tries - 1)
        self.changed.add(stream)
        return _failing(stream, queue)

    def done(self, stream: StreamName) -> Occasion:
        """Let the first occasion go; the next, if there is one, is tried at once."""
        self.retry(stream)
        queue = self._queues[stream]
        first = queue.waiting.popleft()
        if not queue.waiting:
            del self._queues[stream]
        return first.occasion

    def retry(self, stream: StreamName) -> None:
        """Let the first occasion be tried at once, as if it had never been."""
        queue = self._queues[stream]
        queue.tries, queue.error, queue.is_parked, queue.again_at = 0, "", False, None
        self.changed.add(stream)

    def to_try(self, now: datetime) -> Occasion | None:
        """An occasion whose time to be tried has come."""
        for queue in self._queues.values():
            if not queue.is_parked and (queue.again_at is None or queue.again_at <= now):
                return queue.waiting[0].occasion
        return None

    def next_try(self) -> datetime | None:
        """When the first of those not parked is to be tried, once none is so at once."""
        times = (one.again_at for one in self._queues.values() if not one.is_parked)
        return min((at for at in times if at is not None), default=None)

    def failing(self, stream: StreamName) -> Failing | None:
        """How the first occasion of a stream fares; None when there is none."""
        queue = self._queues.get(stream)
        return None if queue is None else _failing(stream, queue)

    def waiting_in(self, stream: StreamName, place: int = 0) -> Sequence[Waiting]:
        """What waits in a stream from a place on, the last first."""
        queue = self._queues.get(stream)
        behind = () if queue is None else reversed(queue.waiting)
        return tuple(takewhile(lambda one: one.place >= place, behind))

    def status(self) -> tuple[Stuck, ...]:
        """What an operator sees, the oldest first."""
        queues = sorted(self._queues.values(), key=lambda one: one.waiting[0].place)
        return tuple(_status(queue) for queue in queues)

    def _queue(self, stream: StreamName) -> _Queue:
        return self._queues.setdefault(stream, _Queue())


def _failing(stream: StreamName, queue: _Queue) -> Failing:
    place = queue.waiting[0].place
    return Failing(stream, place, queue.tries, queue.error, queue.is_parked)


def _status(queue: _Queue) -> Stuck:
    first = queue.waiting[0].occasion
    return Stuck(
        first.stream,
        first.position,
        first.version,
        queue.tries,
        queue.error,
        queue.is_parked,
        len(queue.waiting) - 1,
        first.timer.name if first.timer else None,
    )
