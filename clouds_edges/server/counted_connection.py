"""A socket that the doors know of from its first byte on."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from websockets.asyncio.server import ServerConnection

from clouds_edges.server.doors import origin_of

if TYPE_CHECKING:
    import asyncio

    from clouds_edges.server.doors import Doors


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
