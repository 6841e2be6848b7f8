"""Where one plays: what people call a server, and how they invite others to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clouds_edges.protocol.addresses import ENCRYPTED, is_loopback
from clouds_edges.protocol.invites import Invite, format_invite

if TYPE_CHECKING:
    from clouds_edges.protocol.invites import Fingerprint


@dataclass(frozen=True, slots=True)
class Place:
    """A server, and perhaps the game there that one was invited to, by its id or its code.

    Without `invite`, others cannot be told in one word how to get there; if the place `is_exposed`
    they can read what is sent there.
    """

    label: str
    game: str | None = None
    invite: Invite | None = None
    is_exposed: bool = False

    @property
    def warning(self) -> str:
        """What is said beside the name of what is shown of this server; nothing if all is well."""
        return " (not encrypted)" if self.is_exposed else ""

    def command_to_join(self, game: str) -> str | None:
        """What somebody else types to be in a game here."""
        if self.invite is None:
            return None
        return f"clouds-edges play {format_invite(replace(self.invite, game=game))}"


def place_at(url: str, label: str, key: Fingerprint | None, game: str | None) -> Place:
    """The place at a URL, with the key by which the server there is known, if it is by one."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.port is None or is_loopback(parts.hostname):
        return Place(label, game)
    if parts.scheme != ENCRYPTED:
        return Place(label, game, is_exposed=True)
    return Place(label, game, Invite(parts.hostname, parts.port, key))
