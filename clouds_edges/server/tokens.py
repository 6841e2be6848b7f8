"""Which token belongs to whom. A token is the client's secret; only its SHA-256 is kept.

The client makes its own token, as it would make a key: so a greeting whose answer was lost can
be repeated, and finds the player it signed up the first time.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.sqlite_files import cannot_open, keep_private
from clouds_edges.eventsourcing.threads import finished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TOKEN: Final = re.compile(r"ce1_[A-Za-z0-9_-]{43}", re.ASCII)
"""The prefix, and 256 bits in the URL-safe base 64 of RFC 4648 section 5, without padding."""
_BYTES: Final = 32
_NOBODY: Final = ""
"""The player of a token that belongs to none."""
_SEEN_EVERY: Final = timedelta(hours=1)
"""How exactly it is kept when a device was last seen: each time costs a flush."""
_BYTES_OF_ID: Final = 4
"""Of a hash: enough to tell the devices of one player apart, and of no use to anybody else."""


class Role(StrEnum):
    """What a token lets its owner do."""

    PLAYER = "player"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Device:
    """What one token of a player is used on: under what name, since when, and when last."""

    id: str
    name: str
    since: datetime | None
    seen: datetime | None


class Tokens:
    """A SQLite file of token hashes; flushed before a token is relied on."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible."""
        self._lock = asyncio.Lock()
        self._in_use: dict[bytes, list[asyncio.Event]] = {}
        keep_private(path)
        try:
            self._connection = apsw.Connection(str(path))
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS tokens "
                "(hash BLOB PRIMARY KEY, player TEXT NOT NULL) STRICT, WITHOUT ROWID"
            )
            self._add_columns()
        except apsw.Error as error:
            raise cannot_open(str(path), error) from error

    async def owner(self, token: str) -> PlayerId | None:
        """Which player's token this is, or None."""
        async with self._lock:
            return await finished(self._owner, token)

    async def claim(self, token: str, player: PlayerId, device: str, now: datetime) -> PlayerId:
        """Let a token belong to a player from now on, unless it has an owner; say who that is."""
        async with self._lock:
            return await finished(self._claim, token, player, device, now)

    async def seen(self, token: str, now: datetime) -> None:
        """Note that a device was here, to the hour."""
        async with self._lock:
            await finished(self._seen, token, now)

    async def devices(self, player: PlayerId) -> tuple[Device, ...]:
        """What the player has tokens on, in the order in which they came."""
        async with self._lock:
            return await finished(self._devices, player)

    async def revoke(self, player: PlayerId, device: str) -> bool:
        """Let nobody in any more with this token of a player, and tell those who are.

        False if the player has no such device.
        """
        async with self._lock:
            revoked = await finished(self._revoke, player, device)
        for one in revoked:
            for told in self._in_use.get(one, ()):
                told.set()
        return bool(revoked)

    @contextmanager
    def in_use(self, token: str) -> Iterator[asyncio.Event]:
        """Somebody is here with a token for as long as the context lasts.

        The event is set when the token is revoked.
        """
        revoked, using = asyncio.Event(), self._in_use.setdefault(_hash(token), [])
        using.append(revoked)
        try:
            yield revoked
        finally:
            using.remove(revoked)
            if not using:
                del self._in_use[_hash(token)]

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

    def _add_columns(self) -> None:
        """Files of before there were roles and devices hold tokens of players, and no more."""
        there = self._execute("SELECT name FROM pragma_table_info('tokens')")
        for column, kind in (
            ("role", f"TEXT NOT NULL DEFAULT '{Role.PLAYER}'"),
            ("device", "TEXT NOT NULL DEFAULT ''"),
            ("since", "TEXT"),
            ("seen", "TEXT"),
        ):
            if (column,) not in there:
                self._execute(f"ALTER TABLE tokens ADD COLUMN {column} {kind}")

    def _owner(self, token: str) -> PlayerId | None:
        sql = "SELECT player FROM tokens WHERE hash = ? AND role = ?"
        found = self._execute(sql, _hash(token), Role.PLAYER)
        return PlayerId(str(found[0][0])) if found else None

    def _claim(self, token: str, player: PlayerId, device: str, now: datetime) -> PlayerId:
        sql = """INSERT INTO tokens (hash, player, role, device, since, seen)
                 VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
        at = now.isoformat()
        self._execute(sql, _hash(token), player, Role.PLAYER, device, at, at)
        return self._owner(token) or player

    def _seen(self, token: str, now: datetime) -> None:
        sql = "UPDATE tokens SET seen = ? WHERE hash = ? AND (seen IS NULL OR seen < ?)"
        self._execute(sql, now.isoformat(), _hash(token), (now - _SEEN_EVERY).isoformat())

    def _devices(self, player: PlayerId) -> tuple[Device, ...]:
        sql = """SELECT hash, device, since, seen FROM tokens WHERE player = ? AND role = ?
                 ORDER BY since, hash"""
        return tuple(
            Device(_id_of(_bytes(digest)), str(name), _moment(since), _moment(seen))
            for digest, name, since, seen in self._execute(sql, player, Role.PLAYER)
        )

    def _revoke(self, player: PlayerId, device: str) -> tuple[bytes, ...]:
        sql = """DELETE FROM tokens WHERE player = ? AND role = ?
                 AND substr(lower(hex(hash)), 1, ?) = ? RETURNING hash"""
        found = self._execute(sql, player, Role.PLAYER, 2 * _BYTES_OF_ID, device)
        return tuple(_bytes(digest) for (digest,) in found)

    def _role(self, token: str) -> Role | None:
        found = self._execute("SELECT role FROM tokens WHERE hash = ?", _hash(token))
        return Role(str(found[0][0])) if found else None

    def _appoint(self, token: str) -> None:
        self._execute("DELETE FROM tokens WHERE role = ?", Role.ADMIN)
        sql = "INSERT INTO tokens (hash, player, role) VALUES (?, ?, ?)"
        self._execute(sql, _hash(token), _NOBODY, Role.ADMIN)

    def _execute(self, sql: str, *values: bytes | str | int) -> list[tuple[apsw.SQLiteValue, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except apsw.Error as error:
            message = f"the tokens cannot be read or written: {error}"
            raise StoreUnavailable(message) from error


def is_well_formed(token: str) -> bool:
    """Whether a text can be a token: so made, it is too long to be guessed."""
    return _TOKEN.fullmatch(token) is not None


def new_token() -> str:
    """A token that nobody can guess."""
    return f"ce1_{secrets.token_urlsafe(_BYTES)}"


def device_of(token: str) -> str:
    """The public id of the device that has this token: it says nothing of the token."""
    return _id_of(_hash(token))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _id_of(digest: bytes) -> str:
    return digest[:_BYTES_OF_ID].hex()


def _bytes(value: apsw.SQLiteValue) -> bytes:
    return value if isinstance(value, bytes) else b""


def _moment(value: apsw.SQLiteValue) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
