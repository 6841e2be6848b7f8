"""What waits to be sent to one client: bounded, and written by one task."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from clouds_edges.protocol.messages import CloseCode

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

MOST_FRAMES: Final = 2048
"""More than any game has events, so that a watcher can be brought up to date at once."""
_TIME_TO_CLOSE: Final = 5.0


class Outbox:
    """A bounded queue of frames; a client that lets it overflow is cut off, and comes back."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        self._frames: deque[str] = deque()
        self._filled = asyncio.Event()
        self._overflowed = False

    def put(self, frame: str) -> None:
        """Queue a frame; never waits. Nothing more is queued once the queue has overflowed."""
        if len(self._frames) < MOST_FRAMES:
            self._frames.append(frame)
        else:
            self._overflowed = True
        self._filled.set()

    async def run(self) -> None:
        """Send what is queued, until the queue overflows or the task is cancelled.

        Raises:
            ConnectionClosed: The client is gone.
        """
        sending = asyncio.current_task()
        assert sending is not None  # noqa: S101 - a coroutine always runs in a task
        while not self._overflowed:
            await self._filled.wait()
            self._filled.clear()
            while self._frames and not self._overflowed:
                await self._socket.send(self._frames.popleft())
        self._frames.clear()
        await self._socket.close(CloseCode.TOO_SLOW, "too slow: come back for what you missed")
