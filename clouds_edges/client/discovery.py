"""Listens for servers that announce themselves by multicast DNS; needs the extra `lan`."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from zeroconf import Error as ZeroconfError
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from clouds_edges.client.heard import HeardServer, NetworkUnheard, heard_server
from clouds_edges.protocol.announcements import SERVICE_TYPE, MalformedAnnouncement
from clouds_edges.protocol.interfaces import own_interfaces

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Sequence

    from zeroconf import Zeroconf

    from clouds_edges.protocol.interfaces import Interface

MOST_SERVERS: Final = 32
"""More than these at a time are not looked at, whoever else calls."""
_TIME_TO_ANSWER_MS: Final = 1500
"""For the rest of an announcement of which only the beginning was heard."""
_LOG: Final = logging.getLogger(__name__)


class LocalNetwork:
    """The networks of this machine, or those where it has the addresses `interfaces`."""

    def __init__(self, interfaces: Sequence[str] | None = None) -> None:
        self._interfaces = interfaces

    async def heard(self) -> AsyncGenerator[tuple[HeardServer, ...], None]:
        """The servers there are, again whenever that changes, until closed.

        Raises:
            NetworkUnheard: This machine cannot listen.
        """
        try:
            network = self._opened()
            try:
                callers = _Callers(network)
                browser = AsyncServiceBrowser(
                    network.zeroconf, SERVICE_TYPE, handlers=[callers.called]
                )
                try:
                    while True:
                        yield await callers.changed(await asyncio.to_thread(own_interfaces))
                finally:
                    await browser.async_cancel()
            finally:
                await network.async_close()
        except (OSError, ZeroconfError, RuntimeError) as error:  # RuntimeError: no such interface
            reason = (error.strerror if isinstance(error, OSError) else str(error)) or repr(error)
            message = f"this network cannot be listened to ({reason})"
            raise NetworkUnheard(message) from error

    def _opened(self) -> AsyncZeroconf:
        return AsyncZeroconf() if self._interfaces is None else AsyncZeroconf([*self._interfaces])


class _Callers:
    """Who has called, and what is known of them."""

    def __init__(self, network: AsyncZeroconf) -> None:
        self._network = network
        self._servers: dict[str, HeardServer] = {}
        self._unsure: dict[str, None] = {}
        """Names of which more, or something else, was heard."""
        self._news = asyncio.Event()

    def called(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        """Note a call; `zeroconf` names its arguments."""
        del zeroconf, service_type
        if state_change is ServiceStateChange.Removed:
            self._unsure.pop(name, None)
            self._servers.pop(name, None)
        elif len(self._unsure.keys() | self._servers.keys() | {name}) <= MOST_SERVERS:
            self._unsure[name] = None
        self._news.set()

    async def changed(self, interfaces: Collection[Interface]) -> tuple[HeardServer, ...]:
        """Wait for a call; the servers there are after it."""
        await self._news.wait()
        self._news.clear()
        names = tuple(self._unsure)
        await asyncio.gather(*(self._look_at(name, interfaces) for name in names))
        return tuple(self._servers.values())

    async def _look_at(self, name: str, interfaces: Collection[Interface]) -> None:
        """List a caller whose announcement is whole, unless it has gone in the meantime."""
        try:
            server = await self._asked(name, interfaces)
        except (MalformedAnnouncement, ZeroconfError) as error:
            _LOG.info("not listed: %r (%s)", name, error)
            self._servers.pop(name, None)
        else:
            if name in self._unsure:
                self._servers[name] = server
        self._unsure.pop(name, None)

    async def _asked(self, name: str, interfaces: Collection[Interface]) -> HeardServer:
        info = AsyncServiceInfo(SERVICE_TYPE, name)
        if not await info.async_request(self._network.zeroconf, _TIME_TO_ANSWER_MS):
            message = "it does not say where it is"
            raise MalformedAnnouncement(message)
        called = name.removesuffix(f".{SERVICE_TYPE}")
        return heard_server(called, info.parsed_addresses(), info.port, info.properties, interfaces)
