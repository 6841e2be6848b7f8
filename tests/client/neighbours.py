"""Servers on a network that is made up: what is heard is what a test says."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

from clouds_edges.client.heard import HeardServer, NetworkUnheard
from clouds_edges.client.known_keys import KnownKeys
from clouds_edges.client.network import Network
from clouds_edges.protocol.announcements import Announcement
from clouds_edges.protocol.invites import Fingerprint
from clouds_edges.protocol.messages import PROTOCOL_VERSION


class DiscoveryInMemory:
    """Hears what it is told to; with a `trouble`, nothing but that."""

    def __init__(self, *servers: HeardServer, trouble: str = "") -> None:
        self._trouble = trouble
        self._told: asyncio.Queue[tuple[HeardServer, ...]] = asyncio.Queue()
        self.are_there(*servers)

    def are_there(self, *servers: HeardServer) -> None:
        self._told.put_nowait(servers)

    async def heard(self) -> AsyncGenerator[tuple[HeardServer, ...], None]:
        if self._trouble:
            raise NetworkUnheard(self._trouble)
        while True:
            yield await self._told.get()


def network_of(
    folder: Path, *servers: HeardServer, may_be_plain: bool = False
) -> tuple[Network, DiscoveryInMemory]:
    discovery = DiscoveryInMemory(*servers)
    known = KnownKeys(folder / "servers.json")
    return Network(known, discovery, may_be_plain=may_be_plain), discovery


def neighbour(  # noqa: PLR0913 - all that a server can say
    name: str = "thinkpad",
    port: int = 7853,
    key: Fingerprint | None = None,
    *,
    host: str = "192.0.2.7",
    is_encrypted: bool = True,
    protocol: int = PROTOCOL_VERSION,
) -> HeardServer:
    return HeardServer(name, host, port, Announcement(protocol, is_encrypted, key))
