"""Whether this machine carries multicast, without which no announcement is heard."""

import socket
from typing import Final

import pytest

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


needs_multicast: Final = pytest.mark.skipif(
    not is_carried(*LOOPBACK), reason="the loopback of this machine carries no multicast"
)
