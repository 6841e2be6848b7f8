"""What waits to be sent to one client: bounded, and written by one task."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

MOST_WAITING: Final = 1024 * 1024
"""Characters that may wait; one more frame always may, so that whatever is shown whole fits."""


class TooSlow(Exception):
    """The client does not read what it is sent; it may come back for what it missed."""


class Outbox:
    """A bounded queue of frames; a client that lets it overflow is cut off."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._frames: deque[str] = deque()
        self._waiting = 0
        self._filled = asyncio.Event()
        self._overflowed = asyncio.Event()

    def put(self, frame: str) -> None:
        """Queue a frame; never waits. A frame too many makes `watch_size` fail instead."""
        if self._waiting < MOST_WAITING:
            self._frames.append(frame)
            self._waiting += len(frame)
            self._filled.set()
        else:
            self._overflowed.set()

    async def send_queued(self) -> None:
        """Send what is queued, in order, until cancelled.

        Raises:
            ConnectionClosed: The client is gone.
        """
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._frames:
                frame = self._frames.popleft()
                await self._socket.send(frame)
                self._waiting -= len(frame)

    async def watch_size(self) -> None:
        """Wait for the queue to overflow; apart from sending, because that may be stuck.

        Raises:
            TooSlow: It has.
        """
        await self._overflowed.wait()
        raise TooSlow
