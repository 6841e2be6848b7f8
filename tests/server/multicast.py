"""Whether this machine carries multicast, without which no announcement is heard."""

import socket
from typing import Final

import pytest

from clouds_edges.cli.serve import own_address

LOOPBACK: Final = ["127.0.0.1"]
_GROUP: Final = "224.0.0.251"
_SECONDS: Final = 2.0


def is_carried(address: str) -> bool:
    """Whether what is sent to the group of multicast DNS, from an address of ours, comes back."""
    here = socket.inet_aton(address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        try:
            ours.bind(("", 0))
            ours.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(_GROUP) + here
            )
            ours.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
            ours.settimeout(_SECONDS)
            ours.sendto(b"?", (_GROUP, ours.getsockname()[1]))
            return ours.recv(1) == b"?"
        except OSError:
            return False


def network_with_multicast() -> str:
    """An address of this machine at which others can reach and hear it; skips if there is none."""
    address = own_address()
    if address in LOOPBACK or not is_carried(address):
        pytest.skip("this machine is on no network that carries multicast")
    return address


needs_multicast: Final = pytest.mark.skipif(
    not is_carried(*LOOPBACK), reason="the loopback of this machine carries no multicast"
)
