"""Where servers are: hosts, ports, and the URLs made of them."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

DEFAULT_PORT: Final = 7853
PLAIN: Final = "ws"
ENCRYPTED: Final = "wss"


class MalformedAddress(ValueError):
    """A text is no address of a server; the message says what one looks like."""


def parse_host_and_port(text: str) -> tuple[str, int]:
    """The host and the port, which is the usual one where none is said.

    Raises:
        MalformedAddress: There cannot be such a host or port.

    >>> parse_host_and_port("[::1]:80"), parse_host_and_port("games.example.org")
    (('::1', 80), ('games.example.org', 7853))
    """
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or DEFAULT_PORT
        is_bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
        if host is None or not is_bare or not text.isprintable() or " " in text:
            raise ValueError(text)  # noqa: TRY301 - one sentence for all that is no address
        host.encode("idna")
    except ValueError as error:
        message = f"{text!r} is no address: write one as 192.168.1.5:{DEFAULT_PORT}"
        raise MalformedAddress(message) from error
    return host, port


def format_host_and_port(host: str, port: int) -> str:
    """The host, and the port unless it is the usual one; `parse_host_and_port` undoes it."""
    name = f"[{host}]" if ":" in host else host
    return name if port == DEFAULT_PORT else f"{name}:{port}"


def url_of(host: str, port: int, *, is_encrypted: bool) -> str:
    """What a WebSocket connects to."""
    name = f"[{host}]" if ":" in host else host
    return f"{ENCRYPTED if is_encrypted else PLAIN}://{name}:{port}"


def is_loopback(host: str) -> bool:
    """Whether what is sent to a host stays on this machine.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost")
    (True, True, True)
    >>> is_loopback("::ffff:127.0.0.1"), is_loopback("::ffff:192.0.2.1")
    (True, False)
    """
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
