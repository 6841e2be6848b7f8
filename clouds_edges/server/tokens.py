"""Which token belongs to whom. A token is the client's secret; only its SHA-256 is kept.

The client makes its own token, as it would make a key: so a greeting whose answer was lost can
be repeated, and finds the player it signed up the first time.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.errors import StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN: Final = re.compile(r"ce1_[A-Za-z0-9_-]{43}", re.ASCII)
"""The prefix, and 256 bits in the URL-safe base 64 of RFC 4648 section 5, without padding."""


class Tokens:
    """A SQLite file of token hashes; flushed before a token is relied on."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible."""
        self._lock = asyncio.Lock()
        try:
            self._connection = apsw.Connection(str(path))
            self._connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS tokens "
                "(hash BLOB PRIMARY KEY, player TEXT NOT NULL) STRICT, WITHOUT ROWID"
            )
        except apsw.Error as error:
            message = f"{path} cannot be opened: {error}"
            raise StoreUnavailable(message) from error

    async def owner(self, token: str) -> PlayerId | None:
        """Whose token this is, or None."""
        async with self._lock:
            return await asyncio.to_thread(self._owner, token)

    async def claim(self, token: str, player: PlayerId) -> PlayerId:
        """Let a token belong to a player from now on, unless it has an owner; say who that is."""
        async with self._lock:
            return await asyncio.to_thread(self._claim, token, player)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _owner(self, token: str) -> PlayerId | None:
        sql = "SELECT player FROM tokens WHERE hash = ?"
        found = self._execute(sql, _hash(token))
        return None if found is None else PlayerId(found)

    def _claim(self, token: str, player: PlayerId) -> PlayerId:
        sql = "INSERT INTO tokens VALUES (?, ?) ON CONFLICT DO NOTHING"
        self._execute(sql, _hash(token), player)
        return self._owner(token) or player

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


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
