"""The keys of the servers on which one has played, by address: as ssh keeps those of its hosts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from clouds_edges.client.private_file import read_file, replace_file
from clouds_edges.protocol.invites import Fingerprint

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final[TypeAdapter[dict[str, Fingerprint]]] = TypeAdapter(dict[str, Fingerprint])


class KeysUnusable(Exception):
    """The file cannot be read or written: which server is which cannot be told."""


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """A file of fingerprints by the URL of the server."""

    path: Path

    def of(self, url: str) -> Fingerprint | None:
        """The key that the server at a URL had when it was met.

        Raises:
            KeysUnusable: See there.
        """
        return self._read().get(url)

    def keep(self, url: str, key: Fingerprint) -> None:
        """Know the server at a URL by this key from now on.

        Raises:
            KeysUnusable: See there.
        """
        keys = self._read()
        if keys.get(url) == key:
            return
        try:
            replace_file(self.path, json.dumps({**keys, url: key}, indent=2))
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}"
            raise KeysUnusable(message) from error

    def _read(self) -> dict[str, Fingerprint]:
        try:
            return _FILE.validate_json(read_file(self.path))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            message = (
                f"{self.path} cannot be read, so no server is known by its key: mend it, or move "
                "it away and check each key anew"
            )
            raise KeysUnusable(message) from error
