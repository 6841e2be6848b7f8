"""How a client makes sure that it talks with the server it means, before it says who it is.

A server's certificate is signed by itself: it is known by its fingerprint, which comes with the
invite or is kept from the first time (RFC 7469 calls that a pin). Where no fingerprint is known,
a certificate authority has to vouch for it, as for a web site.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from clouds_edges.protocol.addresses import ENCRYPTED
from clouds_edges.protocol.invites import Fingerprint, fingerprint_of

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

_TIME_TO_CONNECT: Final = 5.0
_HTTP: Final = b"HTTP/"


class KeyDiffers(Exception):
    """The server has another key than the one by which it is known; nothing was told to it."""

    def __init__(self, url: str, known: Fingerprint, shown: Fingerprint | None) -> None:
        super().__init__(
            f"the server at {url} has another key than the one you know ({known}): it shows "
            f"{shown or 'none'}. Somebody may be in between, or it was set up anew; nothing was "
            "sent. Ask who runs it for a new invite"
        )


def tls_for(url: str, key: Fingerprint | None) -> ssl.SSLContext | None:
    """What a connection to a URL takes as proof; None where there is no encryption.

    With a key, whoever calls has to `check_key` before anything is told.
    """
    if not url.startswith(f"{ENCRYPTED}://"):
        return None
    return ssl.create_default_context() if key is None else _any_certificate()


def check_key(socket: ClientConnection, url: str, key: Fingerprint | None) -> None:
    """Make sure that the server at the other end is the one with this key, if one is known.

    Raises:
        KeyDiffers: It is another.
    """
    if key is None:
        return
    shown = _shown(socket.transport.get_extra_info("ssl_object"))
    if shown != key:
        raise KeyDiffers(url, key, shown)


async def key_at(host: str, port: int) -> Fingerprint | None:
    """The key of the server there; None if a certificate authority vouches for it.

    Raises:
        OSError: There is no server, or none that encrypts (`ssl.SSLError`).
    """
    try:
        await _shown_at(host, port, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        return await _shown_at(host, port, _any_certificate())
    return None


async def is_plain(host: str, port: int) -> bool:
    """Whether the server there answers without encryption.

    Raises:
        OSError: There is no server.
    """
    async with asyncio.timeout(_TIME_TO_CONNECT):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"HEAD /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        try:
            answer = await reader.read(len(_HTTP))
        except ConnectionResetError:
            answer = b""
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    return answer == _HTTP


async def _shown_at(host: str, port: int, context: ssl.SSLContext) -> Fingerprint | None:
    async with asyncio.timeout(_TIME_TO_CONNECT):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
        shown = _shown(writer.get_extra_info("ssl_object"))
        writer.close()
        with suppress(OSError):  # of a server that hangs up its own way
            await writer.wait_closed()
    return shown


def _shown(tls: ssl.SSLObject | None) -> Fingerprint | None:
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    return None if certificate is None else fingerprint_of(certificate)


def _any_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the fingerprint is checked instead, by `check_key`
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
