"""Servers that are said to be on this network; whoever is on it can say so, and anything else."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, Protocol

from clouds_edges.client.clean_text import cleaned
from clouds_edges.protocol.addresses import format_host_and_port, url_of
from clouds_edges.protocol.announcements import MalformedAnnouncement, parse_properties

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
    from ipaddress import IPv4Address, IPv6Address

    from clouds_edges.protocol.announcements import Announcement
    from clouds_edges.protocol.interfaces import Interface

_LONGEST_NAME: Final = 24
_MOST_ADDRESSES: Final = 16
"""How many addresses of one server are looked at."""


class NetworkUnheard(Exception):
    """This machine cannot listen to its network; the message says why."""


@dataclass(frozen=True, slots=True)
class HeardServer:
    """A server as it was announced; its name is clean and short, nothing of it is proven."""

    name: str
    host: str
    port: int
    announcement: Announcement

    @property
    def place(self) -> str:
        """The address as people write it."""
        return format_host_and_port(self.host, self.port)

    @property
    def url(self) -> str:
        """What a connection to it needs."""
        return url_of(self.host, self.port, is_encrypted=self.announcement.is_encrypted)


class Discovery(Protocol):
    """Listens for servers."""

    def heard(self) -> AsyncGenerator[tuple[HeardServer, ...], None]:
        """Those that are there, again whenever that changes, until closed.

        Raises:
            NetworkUnheard: That is not possible here.
        """


def heard_server(
    name: str,
    addresses: Iterable[str],
    port: int | None,
    properties: Mapping[bytes, bytes | None],
    interfaces: Collection[Interface],
) -> HeardServer:
    """What an announcement says, seen from a machine with these interfaces.

    Raises:
        MalformedAnnouncement: It says nothing that a server of ours would.
    """
    if not port:
        message = "it names no port"
        raise MalformedAnnouncement(message)
    announcement = parse_properties(properties)
    host = nearest(tuple(addresses)[:_MOST_ADDRESSES], interfaces)
    return HeardServer(_short(cleaned(name)), host, port, announcement)


def nearest(addresses: Iterable[str], interfaces: Collection[Interface]) -> str:
    """Of the addresses of a machine, the one by which to reach it.

    An address that we have as well is ours (many machines have 172.17.0.1, for containers), unless
    it has no others: then it is this machine.

    Raises:
        MalformedAnnouncement: There is none at which another machine can be.
    """
    places = [place for place in map(ip_address, addresses) if _can_be_elsewhere(place)]
    if not places:
        message = "it names no address at which it could be reached"
        raise MalformedAnnouncement(message)
    ours = {one.ip for one in interfaces}
    theirs = [place for place in places if place not in ours] or places

    def distance(place: IPv4Address | IPv6Address) -> tuple[bool, int]:
        return not any(place in one.network for one in interfaces), place.version

    return str(min(theirs, key=distance))


def _can_be_elsewhere(place: IPv4Address | IPv6Address) -> bool:
    if place.is_loopback or place.is_multicast or place.is_unspecified:
        return False
    return place.version == 4 or not place.is_link_local  # noqa: PLR2004 - needs no scope


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
