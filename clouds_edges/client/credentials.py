"""Who we are on each server: a token of our own making, and the name, in a file only we read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_BITS: Final = 256
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_OTHERS: Final = 0o077


class CredentialsUnusable(Exception):
    """The file is damaged, or other people on this machine can read it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens of this person on this machine: one a server, named by its URL or folder."""

    path: Path

    def token_for(self, server: str) -> str:
        """Our token for a server; made and kept the first time.

        Raises:
            CredentialsUnusable: See there.
        """
        tokens = self._read()
        if server not in tokens:
            tokens[server] = f"ce1_{secrets.token_urlsafe(_BITS // 8)}"
            self._write(tokens)
        return tokens[server]

    def _read(self) -> dict[str, str]:
        try:
            if os.name == "posix" and self.path.stat().st_mode & _OTHERS:
                message = f"others can read {self.path}, which holds your tokens: chmod 600 it"
                raise CredentialsUnusable(message)
            tokens = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            message = f"{self.path} cannot be read ({error}): mend it, or move it away"
            raise CredentialsUnusable(message) from error
        if not isinstance(tokens, dict) or not all(isinstance(t, str) for t in tokens.values()):
            message = f"{self.path} does not hold a token a server: mend it, or move it away"
            raise CredentialsUnusable(message)
        return tokens

    def _write(self, tokens: dict[str, str]) -> None:
        """Replace the file at once, so that a crash leaves the old one or the new one."""
        fresh = self.path.with_suffix(f".{os.getpid()}.new")
        try:
            self.path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE)
            with os.fdopen(descriptor, "w") as file:
                json.dump(tokens, file, indent=2)
                file.flush()
                os.fsync(descriptor)
            fresh.replace(self.path)
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}"
            raise CredentialsUnusable(message) from error
