"""A bad line between clients and a server: it cuts, or swallows what is said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from clouds_edges.protocol.addresses import url_of

_AT_ONCE: Final = 64 * 1024


@dataclass(slots=True)
class Way:
    """How it goes for bytes in one direction, on all connections."""

    passed: int = 0
    left: int | None = None
    """Bytes that still pass before the connection is cut, once; None for all."""
    is_silent: bool = False
    """Whether bytes are swallowed, though the connection stays."""

    def take(self, said: bytes) -> tuple[bytes, bool]:
        """What passes of some bytes, and whether the connection is cut behind it."""
        if self.is_silent:
            return b"", False
        if self.left is None or len(said) < self.left:
            self.left = None if self.left is None else self.left - len(said)
            self.passed += len(said)
            return said, False
        passing, self.left = said[: self.left], None
        self.passed += len(passing)
        return passing, True


@dataclass(slots=True)
class Proxy:
    """What stands between clients and a server."""

    server: int
    """The port of the server; another one after a restart."""
    port: int = 0
    to_server: Way = field(default_factory=Way)
    to_client: Way = field(default_factory=Way)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """What clients connect to."""
        return url_of("127.0.0.1", self.port, is_encrypted=False)

    def cut(self) -> None:
        """End all connections at once."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect a client with the server, until either of them is gone."""
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.server)
            both = {writer, there_writer}
            self._writers |= both
            try:
                await asyncio.gather(
                    self._pass_on(reader, there_writer, self.to_server, both),
                    self._pass_on(there_reader, writer, self.to_client, both),
                )
            finally:
                self._writers -= both
                _abort(both)

    async def _pass_on(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: Way,
        both: set[asyncio.StreamWriter],
    ) -> None:
        with suppress(ConnectionError):
            while said := await reader.read(_AT_ONCE):
                passing, is_cut = way.take(said)
                writer.write(passing)
                await writer.drain()
                if is_cut:
                    break
        if not way.is_silent:  # else nobody hears that the other has hung up
            for one in both:
                one.close()


def _abort(writers: set[asyncio.StreamWriter]) -> None:
    for one in writers:
        one.transport.abort()


@asynccontextmanager
async def proxy_to(port: int) -> AsyncIterator[Proxy]:
    """A proxy before the server at a port, for as long as the context lasts."""
    proxy = Proxy(port)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
        proxy.cut()
