"""A server tells its network that it is there, by multicast DNS; needs the extra `lan`."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from zeroconf import Error as ZeroconfError
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from clouds_edges.protocol.addresses import is_loopback
from clouds_edges.protocol.announcements import SERVICE_TYPE, Announcement, format_properties
from clouds_edges.protocol.interfaces import own_interfaces
from clouds_edges.protocol.messages import PROTOCOL_VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from clouds_edges.server.serve import Address

_LOG: Final = logging.getLogger(__name__)
_SECONDS_TO_LIVE: Final = 120
"""For so long others believe in a server that ended without a farewell (RFC 6762 section 10)."""
_TIME_TO_REGISTER: Final = 30.0
"""A name that is taken costs a second, and whoever is on the network can take names."""
_LONGEST_LABEL: Final = 63
"""Bytes of a name in the DNS (RFC 1035 section 2.3.4)."""
_ROOM_FOR_A_NUMBER: Final = 4
"""Bytes that are left for what makes a name unique."""
_NAMELESS: Final = "clouds-edges"


@asynccontextmanager
async def announced(
    server: Address, *, name: str | None = None, interfaces: Sequence[str] | None = None
) -> AsyncIterator[None]:
    """Tell the network of a server for as long as the context lasts, with a farewell at its end.

    It is called like its machine unless a name is given, and a number is added where another is
    called the same. It tells on all networks of the machine, or on those where it has the
    addresses `interfaces`. A failure is logged, and no reason to end.
    """
    async with asyncio.TaskGroup() as tasks:
        telling = tasks.create_task(_tell(server, name or machine_name(), interfaces))
        try:
            yield
        finally:
            telling.cancel()


def machine_name() -> str:
    """What this machine is called, as far as it fits into a label of the DNS."""
    name = socket.gethostname().partition(".")[0]
    room = _LONGEST_LABEL - _ROOM_FOR_A_NUMBER
    return name.encode()[:room].decode(errors="ignore") or _NAMELESS


def addresses_of(server: Address) -> list[str]:
    """Where others on the network can reach a server; nowhere if it serves this machine only.

    Raises:
        OSError: They cannot be found out.
    """
    if not server.is_everywhere:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(str(place[0]) for *_, place in found)
        return [address for address in addresses if not is_loopback(address)]
    serves_ipv6 = server.host == "::"
    return [str(one.ip) for one in own_interfaces() if one.version == 4 or serves_ipv6]  # noqa: PLR2004 - that of the protocol


async def _tell(server: Address, name: str, interfaces: Sequence[str] | None) -> None:
    """Announce a server until cancelled, or until that turns out not to be possible."""
    logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # what strangers send is not news
    try:
        info = _described(server, name, await asyncio.to_thread(addresses_of, server))
        network = AsyncZeroconf() if interfaces is None else AsyncZeroconf(list(interfaces))
        try:
            async with asyncio.timeout(_TIME_TO_REGISTER):
                await (await network.async_register_service(info, allow_name_change=True))
            await asyncio.Event().wait()
        finally:
            await network.async_close()
    except (OSError, ZeroconfError, RuntimeError) as error:  # RuntimeError: no such interface
        reason = (error.strerror if isinstance(error, OSError) else str(error)) or repr(error)
        _LOG.warning("the network is not told of the server (%s): send others an invite", reason)


def _described(server: Address, name: str, addresses: list[str]) -> AsyncServiceInfo:
    is_own = server.identity is not None and server.identity.is_own
    announcement = Announcement(
        PROTOCOL_VERSION,
        is_encrypted=server.identity is not None,
        key=server.key if is_own else None,
    )
    return AsyncServiceInfo(
        SERVICE_TYPE,
        f"{name}.{SERVICE_TYPE}",
        port=server.port,
        properties=format_properties(announcement),
        parsed_addresses=addresses,
        # a host name of its own: that of the machine may be told by another program, or twice
        server=f"clouds-edges-{secrets.token_hex(8)}.local.",
        host_ttl=_SECONDS_TO_LIVE,
        other_ttl=_SECONDS_TO_LIVE,
    )
