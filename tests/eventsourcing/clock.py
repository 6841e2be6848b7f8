"""A clock that stands until somebody moves it, so that no test waits for time to pass."""

import asyncio
from datetime import datetime, timedelta

from tests.eventsourcing.lamp import NOON


class Clock:
    """The time of day, and who rests until when; times of resting do not see the day jump."""

    def __init__(self) -> None:
        self.time = NOON
        self.broken: Exception | None = None
        """Is raised instead of telling the time."""
        self.rests: list[float | None] = []
        """How long each rest was to last at most, in seconds."""
        self._resting: dict[asyncio.Event, float | None] = {}

    def now(self) -> datetime:
        if self.broken is not None:
            raise self.broken
        return self.time

    async def rest(self, wake: asyncio.Event, seconds: float | None) -> None:
        self.rests.append(seconds)
        self._resting[wake] = seconds
        try:
            await wake.wait()
        finally:
            del self._resting[wake]

    def advance(self, seconds: float) -> None:
        """Let time pass; wake whose rest is over."""
        self.jump(seconds)
        for wake, left in self._resting.items():
            if left is not None:
                self._resting[wake] = left - seconds
                if left <= seconds:
                    wake.set()

    def jump(self, seconds: float) -> None:
        """Put the clock forward, or back: nobody has rested any longer."""
        self.time += timedelta(seconds=seconds)

    async def idle(self) -> None:
        """Wait until everybody rests, and nothing has come up since."""
        async with asyncio.timeout(20):
            while not self._is_idle:  # noqa: ASYNC110 - the file's thread tells nobody
                await asyncio.sleep(0)

    @property
    def _is_idle(self) -> bool:
        return bool(self._resting) and not any(wake.is_set() for wake in self._resting)
