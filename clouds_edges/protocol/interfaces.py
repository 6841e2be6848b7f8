"""The addresses of this machine on its networks; needs what the extra `lan` brings."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import TypeAlias

import ifaddr

Interface: TypeAlias = IPv4Interface | IPv6Interface


def own_interfaces() -> tuple[Interface, ...]:
    """Those by which others can reach it; an IPv6 address that needs to be told its link is none.

    Raises:
        OSError: The system does not tell.
    """
    found = (address for adapter in ifaddr.get_adapters() for address in adapter.ips)
    interfaces = (
        ip_interface(f"{address.ip if address.is_IPv4 else address.ip[0]}/{address.network_prefix}")
        for address in found
    )
    return tuple(one for one in interfaces if is_for_others(one))


def is_for_others(address: Interface) -> bool:
    """Whether another machine on the network can mean the same by this address."""
    return not (address.is_loopback or (address.version == 6 and address.is_link_local))  # noqa: PLR2004 - that of the protocol
