"""Which token belongs to whom. A token is the client's secret; only its SHA-256 is kept.

The client makes its own token, as it would make a key: so a greeting whose answer was lost can
be repeated, and finds the player it signed up the first time.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.opening import cannot_open, keep_private
from clouds_edges.eventsourcing.threads import finished

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN: Final = re.compile(r"ce1_[A-Za-z0-9_-]{43}", re.ASCII)
"""The prefix, and 256 bits in the URL-safe base 64 of RFC 4648 section 5, without padding."""
_BYTES: Final = 32
_NOBODY: Final = ""
"""The player of a token that belongs to none."""


class Role(StrEnum):
    """What a token lets its owner do."""

    PLAYER = "player"
    ADMIN = "admin"


class Tokens:
    """A SQLite file of token hashes; flushed before a token is relied on."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible."""
        self._lock = asyncio.Lock()
        keep_private(path)
        try:
            self._connection = apsw.Connection(str(path))
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS tokens "
                "(hash BLOB PRIMARY KEY, player TEXT NOT NULL) STRICT, WITHOUT ROWID"
            )
            self._add_roles()
        except apsw.Error as error:
            raise cannot_open(str(path), error) from error

    async def owner(self, token: str) -> PlayerId | None:
        """Which player's token this is, or None."""
        async with self._lock:
            return await finished(self._owner, token)

    async def claim(self, token: str, player: PlayerId) -> PlayerId:
        """Let a token belong to a player from now on, unless it has an owner; say who that is."""
        async with self._lock:
            return await finished(self._claim, token, player)

    async def role(self, token: str) -> Role | None:
        """What the token lets its owner do, or None if nobody owns it."""
        async with self._lock:
            return await finished(self._role, token)

    async def appoint(self, token: str) -> None:
        """Make this the token of the operator, and the only one."""
        async with self._lock:
            await finished(self._appoint, token)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _add_roles(self) -> None:
        """Files of before there were roles hold tokens of players."""
        columns = self._connection.execute("SELECT name FROM pragma_table_info('tokens')")
        if ("role",) not in list(columns):
            self._connection.execute(
                f"ALTER TABLE tokens ADD COLUMN role TEXT NOT NULL DEFAULT '{Role.PLAYER}'"
            )

    def _owner(self, token: str) -> PlayerId | None:
        sql = "SELECT player FROM tokens WHERE hash = ? AND role = ?"
        found = self._execute(sql, _hash(token), Role.PLAYER)
        return None if found is None else PlayerId(found)

    def _claim(self, token: str, player: PlayerId) -> PlayerId:
        sql = "INSERT INTO tokens VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        self._execute(sql, _hash(token), player, Role.PLAYER)
        return self._owner(token) or player

    def _role(self, token: str) -> Role | None:
        found = self._execute("SELECT role FROM tokens WHERE hash = ?", _hash(token))
        return None if found is None else Role(found)

    def _appoint(self, token: str) -> None:
        self._execute("DELETE FROM tokens WHERE role = ?", Role.ADMIN)
        sql = "INSERT INTO tokens VALUES (?, ?, ?)"
        self._execute(sql, _hash(token), _NOBODY, Role.ADMIN)

    def _execute(self, sql: str, *values: bytes | str) -> str | None:
        try:
            found: str | None = self._connection.execute(sql, values).get
        except apsw.Error as error:
            message = f"the tokens cannot be read or written: {error}"
            raise StoreUnavailable(message) from error
        return found


def is_well_formed(token: str) -> bool:
    """Whether a text can be a token: so made, it is too long to be guessed."""
    return _TOKEN.fullmatch(token) is not None


def new_token() -> str:
    """A token that nobody can guess."""
    return f"ce1_{secrets.token_urlsafe(_BYTES)}"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
