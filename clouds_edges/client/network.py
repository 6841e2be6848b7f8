"""The way from one server to another on this network, and how a new one is made sure of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from clouds_edges.client.encryption import KeyDiffers, key_at
from clouds_edges.client.known_keys import KeysUnusable
from clouds_edges.protocol.messages import PROTOCOL_VERSION

if TYPE_CHECKING:
    from clouds_edges.client.heard import Discovery, HeardServer
    from clouds_edges.client.known_keys import KnownKeys
    from clouds_edges.protocol.invites import Fingerprint


@dataclass(frozen=True, slots=True)
class Onward:
    """To the server at a URL, which has to have this key; None if an authority vouches for it."""

    url: str
    key: Fingerprint | None = None


AppEnd: TypeAlias = str | Onward | None
"""How the app ends: with a sentence to say after it, on the way to another server, or just so."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A server that is met for the first time, and for which no authority vouches."""

    url: str
    key: Fingerprint


class NotEntered(Exception):
    """Nothing was told to a server; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Network:
    """Who is heard here, and whom we know; `discovery` is None where nobody can be heard."""

    known: KnownKeys
    discovery: Discovery | None = None
    may_be_plain: bool = False
    """Whether a server may be entered that does not encrypt."""

    async def approach(self, server: HeardServer) -> Onward | Stranger:
        """Find out how to enter a server; nothing is told to it.

        Raises:
            NotEntered: It should not, or cannot, be entered.
        """
        self._check(server)
        if not server.announcement.is_encrypted:
            return Onward(server.url)
        known = self._known_key(server.url)
        try:
            shown = await key_at(server.host, server.port)
        except OSError as error:
            message = f"{server.name} does not answer at {server.place}: it may have gone"
            raise NotEntered(message) from error
        if known is not None and shown != known:
            raise NotEntered(str(KeyDiffers(server.url, known, shown)))
        if known is not None or shown is None:
            return Onward(server.url, shown)
        announced = server.announcement.key
        if announced is not None and shown != announced:
            raise NotEntered(_other_than_announced(server.url, announced, shown))
        return Stranger(server.url, shown)

    def befriend(self, stranger: Stranger) -> Onward:
        """Know a server by its key from now on.

        Raises:
            NotEntered: That cannot be remembered.
        """
        try:
            self.known.keep(stranger.url, stranger.key)
        except KeysUnusable as error:
            raise NotEntered(str(error)) from error
        return Onward(stranger.url, stranger.key)

    def _check(self, server: HeardServer) -> None:
        theirs = server.announcement.protocol
        if theirs != PROTOCOL_VERSION:
            who = "your clouds-edges" if theirs > PROTOCOL_VERSION else server.name
            message = (
                f"update needed, of {who}: the server speaks protocol {theirs}, "
                f"this client protocol {PROTOCOL_VERSION}"
            )
            raise NotEntered(message)
        if not (server.announcement.is_encrypted or self.may_be_plain):
            raise NotEntered(not_encrypted(server.url))

    def _known_key(self, url: str) -> Fingerprint | None:
        try:
            return self.known.of(url)
        except KeysUnusable as error:
            raise NotEntered(str(error)) from error


def introduction(url: str, key: Fingerprint) -> str:
    """The question whether a new server is the one that is meant."""
    return (
        f"The server at {url} is new to you, and no authority vouches for it. Its key is\n"
        f"  {key}\n"
        "Is that the key in the invite that clouds-edges serve shows there?"
    )


def not_encrypted(url: str) -> str:
    """Why a server is not entered that does not encrypt."""
    return (
        f"{url} is not encrypted: everybody on the way could read your token and play as you. "
        "If you trust the network, play with --insecure"
    )


def _other_than_announced(url: str, announced: Fingerprint, shown: Fingerprint) -> str:
    return (
        f"the server at {url} is announced with the key {announced}, but shows {shown}. Somebody "
        "may be in between; nothing was sent. Ask who runs it for an invite"
    )
