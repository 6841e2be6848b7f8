"""Invites: where a server is, how to know that it is the one, and which game, in one word.

An invite is `edges://HOST[:PORT][/KEY[/GAME]]`. KEY is the fingerprint of the server's certificate,
or `-` where a certificate authority vouches for it; GAME is the invite code or the id of a game.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from dataclasses import dataclass
from typing import Final, NewType, TypeGuard

from clouds_edges.protocol.addresses import DEFAULT_PORT, MalformedAddress, parse_host_and_port
from clouds_edges.protocol.addresses import format_host_and_port as _format_place

Fingerprint = NewType("Fingerprint", str)

SCHEME: Final = "edges://"
_NO_KEY: Final = "-"
_BYTES: Final = 20
_FINGERPRINT: Final = re.compile(r"[a-z2-7]{32}", re.ASCII)
_GAME: Final = re.compile(r"[0-9a-z]{1,24}", re.ASCII)


class MalformedInvite(ValueError):
    """A text is no invite; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Invite:
    """Where to play: with `key`, only if the server there has it; with `game`, in that game."""

    host: str
    port: int = DEFAULT_PORT
    key: Fingerprint | None = None
    game: str | None = None


def fingerprint_of(certificate: bytes) -> Fingerprint:
    """What stands for a certificate, given in DER: 160 bits of its SHA-256, in base 32 (RFC 4648).

    To be taken for its owner one would have to find another certificate with the same bits, which
    takes 2^160 tries; it is shorter than the whole hash, so that an invite fits into a line.
    """
    return Fingerprint(b32encode(hashlib.sha256(certificate).digest()[:_BYTES]).decode().lower())


def is_fingerprint(text: str) -> TypeGuard[Fingerprint]:
    """Whether a text can be a fingerprint."""
    return _FINGERPRINT.fullmatch(text) is not None


def format_invite(invite: Invite) -> str:
    """The invite as text; `parse_invite` undoes it.

    >>> format_invite(Invite("192.168.1.5", game="kx7qpm"))
    'edges://192.168.1.5/-/kx7qpm'
    """
    parts = [_format_place(invite.host, invite.port)]
    if invite.key is not None or invite.game is not None:
        parts.append(invite.key or _NO_KEY)
    if invite.game is not None:
        parts.append(invite.game)
    return SCHEME + "/".join(parts)


def parse_invite(text: str) -> Invite:
    """Read an invite.

    Raises:
        MalformedInvite: With what is wrong.
    """
    if not text.startswith(SCHEME):
        message = f"an invite begins with {SCHEME}"
        raise MalformedInvite(message)
    place, *rest = text.removeprefix(SCHEME).removesuffix("/").split("/")
    try:
        host, port = parse_host_and_port(place)
    except MalformedAddress as error:
        raise MalformedInvite(str(error)) from error
    match rest:
        case []:
            return Invite(host, port)
        case [key]:
            return Invite(host, port, _key(key))
        case [key, game] if _GAME.fullmatch(game):
            return Invite(host, port, _key(key), game)
        case _:
            message = "behind the address come the key and the game, and nothing else"
            raise MalformedInvite(message)


def _key(text: str) -> Fingerprint | None:
    if text == _NO_KEY:
        return None
    if is_fingerprint(text):
        return text
    message = f"{text!r} is no key: it has 32 letters and digits, copy the whole invite"
    raise MalformedInvite(message)
