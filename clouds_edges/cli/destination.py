"""Which server somebody wants to play on, and by what it is known; found out before the app begins.

Nothing is imported that `--help` does not need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from clouds_edges.cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from clouds_edges.client.known_keys import KnownKeys
    from clouds_edges.client.network import Onward
    from clouds_edges.client.place import Place
    from clouds_edges.protocol.invites import Fingerprint


@dataclass(frozen=True, slots=True)
class Destination:
    """A server, and perhaps a game there.

    `name` is what tokens and receipts are kept under: a server known by its key keeps them
    wherever it moves, and no other gets them. `label` is what people see.
    """

    url: str
    name: str
    label: str
    key: Fingerprint | None = None
    game: str | None = None

    @property
    def place(self) -> Place:
        """The same as the app shows it."""
        from clouds_edges.client.place import place_at

        return place_at(self.url, self.label, self.key, self.game)


async def destination_of(text: str, *, is_insecure: bool) -> Destination:
    """Where an invite or an address leads; who is at the terminal is asked about new servers.

    Raises:
        Trouble: It leads nowhere, or not in a way that is safe.
    """
    from clouds_edges.client.known_keys import KeysUnusable
    from clouds_edges.protocol.invites import SCHEME

    known = known_keys()
    try:
        if text.startswith(SCHEME):
            return await invited_to(text, known)
        return await server_at(text, known, _confirmed, is_insecure=is_insecure)
    except KeysUnusable as error:
        raise Trouble(str(error)) from error


def known_keys() -> KnownKeys:
    """The servers that this person has met."""
    import platformdirs

    from clouds_edges.client.known_keys import KnownKeys

    return KnownKeys(platformdirs.user_data_path("clouds-edges") / "servers.json")


async def invited_to(text: str, known: KnownKeys) -> Destination:
    """Where an invite leads; the key in it is the one that counts from now on.

    Raises:
        Trouble: It is no invite, nobody answers, or somebody with another key does.
    """
    from clouds_edges.client.encryption import KeyDiffers
    from clouds_edges.protocol.addresses import url_of
    from clouds_edges.protocol.invites import MalformedInvite, parse_invite

    try:
        invite = parse_invite(text)
    except MalformedInvite as error:
        message = f"{text!r} is no invite: {error}"
        raise Trouble(message) from error
    url = url_of(invite.host, invite.port, is_encrypted=True)
    shown = await _shown_key(url, invite.host, invite.port)
    if invite.key is not None and shown != invite.key:
        raise Trouble(str(KeyDiffers(url, invite.key, shown)))
    if invite.key is None and shown is not None:
        message = f"no authority vouches for the server at {url}, and the invite names no key of it"
        raise Trouble(message)
    if invite.key is not None:
        known.keep(url, invite.key)
    return _encrypted(url, invite.key, invite.game)


async def server_at(
    text: str, known: KnownKeys, ask: Callable[[str], bool], *, is_insecure: bool
) -> Destination:
    """The server at an address; without `ws://` or `wss://` it is asked whether it encrypts.

    A server that nobody vouches for is shown to whom it `ask`s, the first time.

    Raises:
        Trouble: It is no address, nobody answers, or not in a way that is safe.
    """
    from clouds_edges.client.network import introduction, not_encrypted
    from clouds_edges.protocol.addresses import ENCRYPTED, PLAIN, is_loopback, url_of

    scheme, host, port = _parts(text)
    may_be_plain = is_insecure or is_loopback(host)
    url, plain_url = (url_of(host, port, is_encrypted=is_so) for is_so in (True, False))
    if scheme == PLAIN and not may_be_plain:
        raise Trouble(not_encrypted(plain_url))
    if scheme != ENCRYPTED and await _is_plain(host, port):
        if not may_be_plain:
            raise Trouble(not_encrypted(plain_url))
        return _plain(plain_url, host)
    if scheme == PLAIN:
        message = f"the server at {plain_url} encrypts: play with --server {url}"
        raise Trouble(message)
    key = known.of(url)
    if key is not None:
        return _encrypted(url, key)
    key = await _shown_key(url, host, port)
    if key is not None and not is_loopback(host) and not ask(introduction(url, key)):
        message = f"nothing was sent to {url}: ask who runs it for an invite"
        raise Trouble(message)
    if key is not None:
        known.keep(url, key)
    return _encrypted(url, key)


def onward_to(there: Onward) -> Destination:
    """Where the app leads, which has made sure of the server already."""
    from urllib.parse import urlsplit

    from clouds_edges.protocol.addresses import ENCRYPTED

    parts = urlsplit(there.url)
    if parts.scheme == ENCRYPTED:
        return _encrypted(there.url, there.key)
    return _plain(there.url, parts.hostname or "")


def _confirmed(question: str) -> bool:
    """Ask at the terminal."""
    return typer.confirm(question, default=False, err=True)


def _encrypted(url: str, key: Fingerprint | None, game: str | None = None) -> Destination:
    return Destination(url, url if key is None else f"key:{key}", url, key, game)


def _plain(url: str, host: str) -> Destination:
    from clouds_edges.protocol.addresses import is_loopback

    return Destination(url, url, url if is_loopback(host) else f"{url} (not encrypted)")


def _parts(text: str) -> tuple[str | None, str, int]:
    """The scheme, if one is said, the host and the port of an address."""
    from clouds_edges.protocol.addresses import (
        DEFAULT_PORT,
        ENCRYPTED,
        PLAIN,
        MalformedAddress,
        parse_host_and_port,
    )

    scheme, separator, rest = text.rpartition("://")
    try:
        if separator and scheme not in {PLAIN, ENCRYPTED}:
            raise MalformedAddress(text)  # noqa: TRY301 - one sentence for all that is no address
        host, port = parse_host_and_port(rest.partition("/")[0])
    except MalformedAddress as error:
        message = (
            f"{text!r} is no address of a server: write one as wss://192.168.1.5:{DEFAULT_PORT}"
        )
        raise Trouble(message) from error
    return scheme or None, host, port


async def _is_plain(host: str, port: int) -> bool:
    """Whether the server there does not encrypt; raises `Trouble` if nobody answers."""
    from clouds_edges.client.encryption import is_plain

    try:
        return await is_plain(host, port)
    except OSError as error:
        raise _no_answer(host, port, error) from error


async def _shown_key(url: str, host: str, port: int) -> Fingerprint | None:
    """The key that the server shows; None if a certificate authority vouches for it.

    Raises:
        Trouble: Nobody answers, or not with encryption.
    """
    from clouds_edges.client.encryption import key_at

    try:
        return await key_at(host, port)
    except OSError as error:
        if await _is_plain(host, port):
            message = f"the server at {url} does not encrypt, so nothing was sent to it"
            raise Trouble(message) from error
        raise _no_answer(host, port, error) from error


def _no_answer(host: str, port: int, error: OSError) -> Trouble:
    import os

    is_known = error.errno is not None and error.errno > 0
    reason = os.strerror(error.errno or 0).lower() if is_known else error.strerror or "too slow"
    message = (
        f"no server answers at {host} port {port} ({reason}): check the "
        "address, or start one there with: clouds-edges serve"
    )
    return Trouble(message)
