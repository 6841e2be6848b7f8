"""When the server was last alive, in a file: what comes after that was downtime."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)
_SECONDS: Final = 1.0
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Heartbeat:
    """Writes the time down once a second.

    It is not forced to the disk: after a power cut the file may be older than the server's end,
    or gone. Then players are charged for less time than they took, never for more.
    """

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file = file
        self._now = now
        self._lock = Lock()
        self._is_in_trouble = False

    def last(self) -> datetime:
        """When the server was last alive, as far as is known, else long ago; never in the future.

        A clock that was put back since then has that in the future: nobody may be charged for it.
        """
        with suppress(OSError, ValueError):
            at = datetime.fromisoformat(self._file.read_text(encoding="ascii"))
            return min(at, self._now()) if at.tzinfo else _NEVER
        return _NEVER

    async def run(self) -> None:
        """Beat until cancelled, and once more then."""
        try:
            while True:
                await asyncio.to_thread(self.beat)
                await asyncio.sleep(_SECONDS)
        finally:
            self.beat()

    def beat(self) -> None:
        """Write the time down; trouble with that is no reason to stop."""
        beside = self._file.with_suffix(".new")
        with self._lock:
            try:
                beside.write_text(self._now().isoformat(), encoding="ascii")
                beside.replace(self._file)
            except OSError as error:
                if not self._is_in_trouble:
                    _LOG.warning("the time cannot be written to %s: %s", self._file, error)
                self._is_in_trouble = True
            else:
                self._is_in_trouble = False
