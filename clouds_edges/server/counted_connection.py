"""A socket that the doors know of from its first byte on."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode

from clouds_edges.server.doors import origin_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from websockets.typing import DataLike

    from clouds_edges.server.doors import Doors

PING_SECONDS: Final = 10.0
"""Between two pings, and until the answer to one."""
CLOSE_SECONDS: Final = 2.0
"""Until the answer to a goodbye."""


def counted_by(doors: Doors) -> type[ServerConnection]:
    """The class of connections that come and go through these doors."""

    class Counted(CountedConnection):
        """A connection through the doors."""

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            doors.arrived(self)

        def connection_lost(self, exc: Exception | None) -> None:
            doors.left(self)
            super().connection_lost(exc)

    return Counted


class CountedConnection(ServerConnection):
    """A WebSocket that knows where it comes from; a `Visitor`."""

    address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        _send_at_once(transport)
        peer = transport.get_extra_info("peername")
        self.address = origin_of(peer[0]) if peer else ""

    async def ping(self, data: DataLike | None = None) -> Awaitable[float]:
        """See `ServerConnection`; whoever takes no bytes meanwhile is cut off."""
        with self._cut_off_after(PING_SECONDS):
            return await super().ping(data)

    async def close(
        self, code: CloseCode | int = CloseCode.NORMAL_CLOSURE, reason: str = ""
    ) -> None:
        """See `ServerConnection`; whoever takes no bytes meanwhile is cut off."""
        with self._cut_off_after(CLOSE_SECONDS):
            await super().close(code, reason)

    @contextmanager
    def _cut_off_after(self, seconds: float) -> Iterator[None]:
        """End the connection if the body takes longer.

        The library counts the seconds until an answer comes, but first it waits for the client to
        take the bytes, for as long as that takes.
        """
        cutting = asyncio.get_running_loop().call_later(seconds, self.transport.abort)
        try:
            yield
        finally:
            cutting.cancel()

    def turn_out(self) -> None:
        """End the connection at once, without a word: nobody has greeted."""
        self.transport.abort()


def _send_at_once(transport: asyncio.BaseTransport) -> None:
    """Let no frame wait for the client to acknowledge the one before (RFC 896): that takes 40 ms.

    asyncio sees to it only where a listening socket says that its protocol is TCP.
    """
    own: socket.socket | None = transport.get_extra_info("socket")
    if own is not None:
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
