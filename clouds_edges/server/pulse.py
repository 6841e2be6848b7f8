"""How fast events come, and the wish to be woken by the next."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clouds_edges.eventsourcing.recorded import Recorded

_WINDOW: Final = 10.0
"""Seconds over which a rate is taken."""
_GRAIN: Final = 1.0
"""Seconds of events that are counted as one."""


class Pulse:
    """Counts what is committed; made to be subscribed to a store. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts: deque[tuple[float, int]] = deque()
        self._beat = asyncio.Event()

    def committed(self, recorded: Sequence[Recorded[Any]]) -> None:
        """Count these, and wake who waits."""
        now = self._clock()
        if self._counts and now - self._counts[-1][0] < _GRAIN:
            since, count = self._counts.pop()
            self._counts.append((since, count + len(recorded)))
        else:
            self._counts.append((now, len(recorded)))
        self._forget(now)
        self._beat.set()
        self._beat = asyncio.Event()

    @property
    def events_a_second(self) -> float:
        """The mean of the last seconds."""
        self._forget(self._clock())
        return sum(count for _, count in self._counts) / _WINDOW

    @property
    def beat(self) -> asyncio.Event:
        """Is set by the next events after this was asked for."""
        return self._beat

    def _forget(self, now: float) -> None:
        while self._counts and now - self._counts[0][0] >= _WINDOW:
            self._counts.popleft()
