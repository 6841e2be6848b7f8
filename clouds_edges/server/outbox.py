"""What waits to be sent to one client: bounded, and written by one task."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

MOST_FRAMES: Final = 2048
"""More than any game has events, so that a watcher can be brought up to date at once."""


class TooSlow(Exception):
    """The client does not read what it is sent; it may come back for what it missed."""


class Outbox:
    """A bounded queue of frames; a client that lets it overflow is cut off."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._frames: deque[str] = deque()
        self._filled = asyncio.Event()
        self._overflowed = asyncio.Event()

    def put(self, frame: str) -> None:
        """Queue a frame; never waits. A frame too many makes `watch_size` fail instead."""
        if len(self._frames) < MOST_FRAMES:
            self._frames.append(frame)
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
                await self._socket.send(self._frames.popleft())

    async def watch_size(self) -> None:
        """Wait for the queue to overflow; apart from sending, because that may be stuck.

        Raises:
            TooSlow: It has.
        """
        await self._overflowed.wait()
        raise TooSlow
