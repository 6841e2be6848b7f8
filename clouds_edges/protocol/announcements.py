"""What a server says of itself to its network, by multicast DNS (RFC 6762 and 6763).

Nobody vouches for an announcement: whoever is on the network can make one. It is a hint where to
knock, and the key in it is no proof.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clouds_edges.protocol.invites import Fingerprint, is_fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE_TYPE: Final = "_clouds-edges._tcp.local."

_PROTOCOL: Final = "protocol"
_KEY: Final = "key"
_ENCRYPTED: Final = "encrypted"
_YES_OR_NO: Final = {"yes": True, "no": False}
_NUMBER: Final = re.compile(r"[0-9]{1,6}", re.ASCII)


class MalformedAnnouncement(ValueError):
    """It is not what a server of ours says; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """How to talk with a server; `key` is the fingerprint of a certificate of its own."""

    protocol: int
    is_encrypted: bool
    key: Fingerprint | None = None


def format_properties(announcement: Announcement) -> dict[str, str]:
    """The announcement as properties (RFC 6763 section 6); `parse_properties` undoes it.

    >>> format_properties(Announcement(3, is_encrypted=False))
    {'protocol': '3', 'encrypted': 'no'}
    """
    encrypted = next(
        word for word, is_so in _YES_OR_NO.items() if is_so == announcement.is_encrypted
    )
    key = {} if announcement.key is None else {_KEY: announcement.key}
    return {_PROTOCOL: str(announcement.protocol), _ENCRYPTED: encrypted, **key}


def parse_properties(properties: Mapping[bytes, bytes | None]) -> Announcement:
    """Read the properties of a service; those of later versions are left aside.

    Raises:
        MalformedAnnouncement: With the property that is missing or wrong.
    """
    protocol = _text(properties, _PROTOCOL)
    if protocol is None or not _NUMBER.fullmatch(protocol):
        raise _wrong(_PROTOCOL, protocol)
    encrypted = _text(properties, _ENCRYPTED)
    if encrypted is None or encrypted not in _YES_OR_NO:
        raise _wrong(_ENCRYPTED, encrypted)
    return Announcement(int(protocol), _YES_OR_NO[encrypted], _key(_text(properties, _KEY)))


def _key(text: str | None) -> Fingerprint | None:
    if text is None or is_fingerprint(text):
        return text
    raise _wrong(_KEY, text)


def _text(properties: Mapping[bytes, bytes | None], name: str) -> str | None:
    value = properties.get(name.encode())
    return None if value is None else value.decode(errors="replace")


def _wrong(name: str, value: str | None) -> MalformedAnnouncement:
    return MalformedAnnouncement(f"{name} is missing" if value is None else f"{name}={value!r}")
