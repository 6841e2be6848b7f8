"""Who we are on each server: a token of our own making, and the name, in a file only we read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from pydantic import TypeAdapter

from clouds_edges.client.private_file import read_file, replace_file

if TYPE_CHECKING:
    from pathlib import Path

_BITS: Final = 256
_READ_OR_WRITTEN_BY_OTHERS: Final = 0o077
_WRITTEN_BY_ANYBODY: Final = 0o002
"""Not by the group: with a umask of 002 that is how folders are made; it is closed later."""


class CredentialsUnusable(Exception):
    """The file is damaged, or other people on this machine can read or exchange it."""


_Tokens: TypeAlias = dict[str, dict[str, str]]
"""Tokens by name by server; the last name of a server is the one last used."""

_FILE: Final[TypeAdapter[_Tokens]] = TypeAdapter(_Tokens)
_NAMELESS: Final = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens of this person on this machine; a server is named by its URL or folder."""

    path: Path

    def token_for(self, server: str, name: str | None) -> str:
        """Our token under this name, or the one last used; made and kept the first time.

        Raises:
            CredentialsUnusable: See there.
        """
        tokens = self._read()
        ours = tokens.setdefault(server, {})
        if name is None:
            name = next(reversed(ours), _NAMELESS)
        if name not in ours:
            ours[name] = f"ce1_{secrets.token_urlsafe(_BITS // 8)}"
            self._write(tokens)
        return ours[name]

    def last_used(self, server: str) -> str | None:
        """Our token under the name last used, or None if we were never there.

        Raises:
            CredentialsUnusable: See there.
        """
        ours = self._read().get(server, {})
        return next(reversed(ours.values()), None)

    def forget(self, server: str, token: str) -> None:
        """Keep a token no more.

        Raises:
            CredentialsUnusable: See there.
        """
        tokens = self._read()
        others = {name: one for name, one in tokens.get(server, {}).items() if one != token}
        self._write({**tokens, server: others})

    def remember(self, server: str, name: str, token: str) -> None:
        """Keep a token under the name that it turned out to have; it is the one last used."""
        tokens = self._read()
        others = {n: t for n, t in tokens.get(server, {}).items() if t != token and n != name}
        self._write({**tokens, server: {**others, name: token}})

    def _read(self) -> _Tokens:
        try:
            self._check_private()
            return _FILE.validate_json(read_file(self.path))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            message = f"{self.path} cannot be read as tokens: mend it, or move it away"
            raise CredentialsUnusable(message) from error

    def _check_private(self) -> None:
        if os.name != "posix":
            return
        folder = self.path.parent
        if folder.stat().st_mode & _WRITTEN_BY_ANYBODY:
            message = f"anybody can exchange files in {folder}, with your tokens: chmod 700 it"
            raise CredentialsUnusable(message)
        if self.path.stat().st_mode & _READ_OR_WRITTEN_BY_OTHERS:
            message = f"others can read {self.path}, which holds your tokens: chmod 600 it"
            raise CredentialsUnusable(message)

    def _write(self, tokens: _Tokens) -> None:
        try:
            replace_file(self.path, json.dumps(tokens, indent=2))
        except OSError as error:
            message = f"{self.path} cannot be written: {error.strerror}"
            raise CredentialsUnusable(message) from error
