"""A network in memory: bytes arrive late, in pieces, or not at all, as chance will have it.

The clients and the server on it are those of `websockets`, and speak as they do over sockets.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.faults.chance import split
from tests.faults.virtual_loop import VirtualLoop

_SOON: Final = 0.02
"""Seconds on the way, as a rule."""
_LATE: Final = 0.5
_VERY_LATE: Final = 5.0
_TICK: Final = 1e-6
"""Seconds between two arrivals, so that they keep their order."""
_MOST_BEFORE_CUT: Final = 12_000
"""Bytes after which a connection that is to be cut is cut at the latest."""

Factory = Callable[[], asyncio.BaseProtocol]


@dataclass(slots=True)
class NetworkFaults:
    """What the network does to connections; shares of 1."""

    late: float = 0.08
    very_late: float = 0.005
    in_pieces: float = 0.1
    cut: float = 0.35
    silent: float = 0.3
    """Of the connections that are cut: those where nobody is told."""

    @classmethod
    def none(cls) -> "NetworkFaults":
        return cls(late=0.0, very_late=0.0, in_pieces=0.0, cut=0.0, silent=0.0)


class Network:
    """One server, as long as somebody listens, and the connections to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, chance: Random) -> None:
        self.faults = NetworkFaults()
        self.cuts = 0
        self._loop = loop
        self._chance = chance
        self._listener: Listener | None = None
        self._links: list[Link] = []
        self._dead: list[Link] = []

    async def connected(self, factory: Factory) -> "tuple[End, asyncio.BaseProtocol]":
        """A client's end; raises `ConnectionRefusedError` when nobody listens."""
        await asyncio.sleep(self._chance.uniform(0.0, _SOON))
        if self._listener is None:
            message = "nobody listens"
            raise ConnectionRefusedError(message)
        self._links = [link for link in self._links if not link.is_gone]
        here, there = contextvars.copy_context(), self._listener.context
        link = Link(self._loop, self, split(self._chance))
        self._links.append(link)
        client, server = link.join((here, factory()), (there, self._listener.factory()))
        self._loop.call_soon(server.protocol.connection_made, server, context=there)
        client.protocol.connection_made(client)
        return client, client.protocol

    def listen(self, factory: Factory) -> "Listener":
        """Let clients come."""
        self._listener = Listener(self, self._loop, factory, contextvars.copy_context())
        return self._listener

    def closed(self, listener: "Listener") -> None:
        """Let no more clients come to this listener."""
        if self._listener is listener:
            self._listener = None

    def server_killed(self) -> None:
        """Its end of every connection is gone, without a word from the server."""
        self._listener = None
        self._dead += self._links
        for link in self._links:
            link.lose_server()
        self._links = []

    def bury(self) -> None:
        """Tell servers that were killed of the connections that they do not have any more."""
        for link in self._dead:
            link.bury()
        self._dead.clear()

    def cut_one(self) -> None:
        """Cut a connection, if there is one."""
        links = [link for link in self._links if not link.is_gone]
        if links:
            self._chance.choice(links).cut()


class Listener(asyncio.AbstractServer):
    """What `create_server` gives."""

    def __init__(
        self,
        network: Network,
        loop: asyncio.AbstractEventLoop,
        factory: Factory,
        context: contextvars.Context,
    ) -> None:
        self.sockets = ()
        self.factory = factory
        self.context = context
        self._network = network
        self._loop = loop
        self._is_serving = True

    def close(self) -> None:
        self._is_serving = False
        self._network.closed(self)

    async def start_serving(self) -> None:
        """It does so from the beginning."""

    async def serve_forever(self) -> None:
        await asyncio.Event().wait()

    def is_serving(self) -> bool:
        return self._is_serving

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    async def wait_closed(self) -> None:
        await asyncio.sleep(0)


class Link:
    """Two ends, and what may happen between them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, network: Network, chance: Random) -> None:
        self.loop = loop
        self.network = network
        self.chance = chance
        self.is_silent = False
        faults = network.faults
        self._ends: tuple[End, ...] = ()
        self._is_buried = False
        self._cut_by = chance.randrange(2)
        self._left = _bytes_before_cut(chance) if chance.random() < faults.cut else None

    @property
    def is_gone(self) -> bool:
        """Whether no end has it any more, or nothing comes through."""
        return self.is_silent or any(end.is_lost for end in self._ends)

    def join(self, *sides: tuple[contextvars.Context, asyncio.BaseProtocol]) -> "tuple[End, End]":
        client, server = (End(self, context, protocol) for context, protocol in sides)
        client.peer, server.peer = server, client
        self._ends = client, server
        return client, server

    def passed(self, end: "End", data: bytes) -> bytes:
        """What of these bytes comes through; the last ones cut the link."""
        if self.is_silent:
            return b""
        if self._left is None or end is not self._ends[self._cut_by]:
            return data
        data = data[: self._left]
        self._left -= len(data)
        if not self._left:
            self._left = None
            self.loop.call_soon(self.cut, context=contextvars.Context())
        return data

    def cut(self) -> None:
        """Let nothing more come through; mostly, both ends are told, each in its time."""
        if self.is_gone:
            return
        self.network.cuts += 1
        if self.chance.random() < self.network.faults.silent:
            self.is_silent = True
            return
        for end in self._ends:
            end.reset_later()

    def lose_server(self) -> None:
        """The kernel of the server's machine tells the client that there is no server any more."""
        client, server = self._ends
        self._is_buried = server.is_lost
        server.is_lost = True
        client.reset_later()

    def bury(self) -> None:
        """Tell the server's end, which was told nothing when it was lost."""
        if not self._is_buried:
            self._ends[1].bury()

    def delay(self) -> float:
        """How long the next bytes are on their way, in seconds."""
        faults, chance = self.network.faults, self.chance
        drawn = chance.random()
        if drawn < faults.very_late:
            return chance.uniform(_LATE, _VERY_LATE)
        if drawn < faults.very_late + faults.late:
            return chance.uniform(_SOON, _LATE)
        return chance.uniform(0.0, _SOON)

    def pieces(self, data: bytes) -> Iterable[bytes]:
        """The bytes as they arrive."""
        if len(data) < 2 or self.chance.random() >= self.network.faults.in_pieces:
            return (data,)
        middle = self.chance.randrange(1, len(data))
        return data[:middle], data[middle:]


class End(asyncio.Transport):
    """One end of a link; what it calls is called in the context of who has it."""

    peer: "End"

    def __init__(
        self, link: Link, context: contextvars.Context, protocol: asyncio.BaseProtocol
    ) -> None:
        super().__init__({"peername": ("simulated", 0), "sockname": ("simulated", 0)})
        self.is_lost = False
        self.protocol: Any = protocol
        """Of websockets: a streaming protocol with flow control."""
        self._link = link
        self._loop = link.loop
        self._context = context
        self._is_closing = False
        self._is_reading = True
        self._arrived: deque[bytes | None] = deque()
        self._next_arrival = 0.0
        self._on_the_way = 0
        self._high, self._low = 64 * 1024, 16 * 1024
        self._is_full = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.is_lost or self._is_closing:
            return
        for piece in self._link.pieces(self._link.passed(self, bytes(data))):
            self._on_the_way += len(piece)
            self._send(piece)
        if self._on_the_way > self._high and not self._is_full:
            self._is_full = True
            self.protocol.pause_writing()

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not self._link.is_silent:
            self._send(None)

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self.write_eof()
            self._call(self._lose, None)

    def abort(self) -> None:
        if not self.is_lost:
            self._is_closing = True
            self._call(self._lose, None)
            if not self._link.is_silent:
                self.peer.reset_later()

    def is_closing(self) -> bool:
        return self._is_closing

    def is_reading(self) -> bool:
        return self._is_reading

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        self._is_reading = True
        self._call(self._read)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = 64 * 1024 if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        return self._on_the_way

    def reset_later(self) -> None:
        """Be told, in a while, that the connection is no more."""
        error = ConnectionResetError("the connection was cut")
        self._loop.call_later(self._link.delay(), self._lose, error, context=self._context)

    def bury(self) -> None:
        """Be told of what has happened long ago."""
        self._call(self.protocol.connection_lost, None)

    def _send(self, piece: bytes | None) -> None:
        arrival = max(self._next_arrival + _TICK, self._loop.time() + self._link.delay())
        self._next_arrival = arrival
        peer = self.peer
        self._loop.call_at(arrival, peer._arrive, piece, context=peer._context)  # noqa: SLF001 - its like

    def _arrive(self, piece: bytes | None) -> None:
        if not self.is_lost and not self._link.is_silent:
            self._arrived.append(piece)
            self._read()

    def _read(self) -> None:
        while self._arrived and self._is_reading and not self.is_lost:
            piece = self._arrived.popleft()
            if piece is None:
                self.protocol.eof_received()
                self.close()
            elif piece:
                self.peer._call(self.peer._gone, len(piece))  # noqa: SLF001 - its like
                self.protocol.data_received(piece)

    def _gone(self, count: int) -> None:
        self._on_the_way -= count
        if self._is_full and self._on_the_way <= self._low and not self.is_lost:
            self._is_full = False
            self.protocol.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if not self.is_lost:
            self.is_lost = self._is_closing = True
            self.protocol.connection_lost(error)

    def _call(self, callback: Callable[..., object], *args: object) -> None:
        self._loop.call_soon(callback, *args, context=self._context)


class NetworkedLoop(VirtualLoop):
    """A loop whose connections go over a network in memory."""

    def __init__(self, chance: Random) -> None:
        super().__init__(split(chance))
        self.network = Network(self, split(chance))

    async def create_connection(  # type: ignore[override]  # no other arguments come
        self, protocol_factory: Factory, **_: object
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        return await self.network.connected(protocol_factory)

    async def create_server(  # type: ignore[override]  # no other arguments come
        self, protocol_factory: Factory, *_: object, **__: object
    ) -> asyncio.AbstractServer:
        return self.network.listen(protocol_factory)


def _bytes_before_cut(chance: Random) -> int:
    """More often few than many: a handshake has some hundred, a frame too."""
    return int(_MOST_BEFORE_CUT ** chance.random())
