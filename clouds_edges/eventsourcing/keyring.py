"""The keys of people: who is forgotten loses theirs, and whatever was sealed with it is noise.

AES-256 in Galois/Counter mode (NIST SP 800-38D) with a nonce of 96 random bits for each text; the
owner is authenticated with it, so that sealed texts cannot change hands.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Protocol

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.opening import cannot_open, keep_private
from clouds_edges.eventsourcing.personal import Sealer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Key = bytes
RandomBytes = Callable[[int], bytes]

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_MOST_KEYS: Final = 10_000
"""How many keys stay in memory, at about 300 bytes each."""
_SET_UP: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "CREATE TABLE IF NOT EXISTS keys (owner TEXT PRIMARY KEY, key BLOB) STRICT, WITHOUT ROWID",
)
_DONE: Final = (0, 0, 0)
"""What a checkpoint answers that has left nothing in the write-ahead log."""
_PATIENCE: Final = 5000
"""Milliseconds to wait for readers in other processes."""


class Keyring(Sealer, Protocol):
    """A key for everybody who needs one, until they are forgotten. Safe to use from threads."""

    def mac(self, owner: str, body: bytes) -> bytes:
        """A digest of a body that nobody can guess at without the owner's key."""
        ...

    def forget(self, owner: str) -> None:
        """Delete a key for ever; nothing is sealed for this owner again."""
        ...

    def forget_all(self, owners: Iterable[str]) -> int:
        """Delete the keys of these, all or none; how many had one, perhaps out of a backup."""
        ...


class MemoryKeyring:
    """A `Keyring` that forgets everybody when it goes."""

    def __init__(self, random_bytes: RandomBytes = os.urandom) -> None:
        self._random_bytes = random_bytes
        self._keys: dict[str, Key | None] = {}

    def seal(self, owner: str, text: str) -> str:
        """See `Sealer.seal`."""
        return _sealed(self._key_for(owner), owner, text, self._random_bytes)

    def unseal(self, owner: str, sealed: str) -> str | None:
        """See `Sealer.unseal`."""
        return _unsealed(self._keys.get(owner), owner, sealed)

    def mac(self, owner: str, body: bytes) -> bytes:
        """See `Keyring.mac`."""
        return _mac(self._key_for(owner), body)

    def forget(self, owner: str) -> None:
        """See `Keyring.forget`."""
        self._keys[owner] = None

    def forget_all(self, owners: Iterable[str]) -> int:
        """See `Keyring.forget_all`."""
        gone = dict.fromkeys(owners)
        had_one = sum(self._keys.get(owner) is not None for owner in gone)
        self._keys |= gone
        return had_one

    def _key_for(self, owner: str) -> Key | None:
        return self._keys.setdefault(owner, self._random_bytes(_KEY_BYTES))


class KeyFile:
    """A `Keyring` in a SQLite file; a key is flushed to disk before it is relied on.

    Whoever loses the file loses every name: it belongs in a backup, apart from the log.
    """

    def __init__(
        self,
        path: Path,
        random_bytes: RandomBytes = os.urandom,
        *,
        flags: int = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE,
    ) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible.

        With `apsw.SQLITE_OPEN_READONLY` it can be read beside a server that uses it.
        """
        self._path = path
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._known: dict[str, Key | None] = {}
        if flags & apsw.SQLITE_OPEN_CREATE:
            keep_private(path)
        try:
            with ExitStack() as opened:
                self._connection = apsw.Connection(str(path), flags=flags)
                opened.callback(self._connection.close)
                self._connection.set_busy_timeout(_PATIENCE)
                if flags & apsw.SQLITE_OPEN_READWRITE:
                    for statement in _SET_UP:
                        self._connection.execute(statement)
                self._connection.execute("SELECT 1 FROM keys LIMIT 1").fetchall()
                opened.pop_all()
        except apsw.Error as error:
            raise cannot_open(str(path), error) from error

    def seal(self, owner: str, text: str) -> str:
        """See `Sealer.seal`; raises `StoreUnavailable` when a key cannot be kept."""
        return _sealed(self._key_for(owner), owner, text, self._random_bytes)

    def unseal(self, owner: str, sealed: str) -> str | None:
        """See `Sealer.unseal`; raises `StoreUnavailable` when the file cannot be read."""
        return _unsealed(self._found(owner), owner, sealed)

    def mac(self, owner: str, body: bytes) -> bytes:
        """See `Keyring.mac`; raises `StoreUnavailable` when a key cannot be kept."""
        return _mac(self._key_for(owner), body)

    def forget(self, owner: str) -> None:
        """See `Keyring.forget`: afterwards no file holds the key, the write-ahead log neither.

        Raises:
            StoreUnavailable: The key may still be there; the repeat will tell.
        """
        with self._lock:
            self._known.pop(owner, None)
            self._execute("INSERT OR REPLACE INTO keys VALUES (?, NULL)", owner)
            self._leave_no_trace()

    def forget_all(self, owners: Iterable[str]) -> int:
        """See `Keyring.forget_all`; raises `StoreUnavailable` as `forget` does."""
        with self._lock:
            self._known.clear()
            try:
                with self._connection:
                    had_one = sum(self._forget(owner) for owner in owners)
            except apsw.Error as error:  # of the transaction itself
                raise self._unavailable(error) from error
            if had_one:
                self._leave_no_trace()
        return had_one

    def all_keys(self) -> Iterator[tuple[str, Key]]:
        """Every key there is, by its owner, for an export that can be read elsewhere.

        Raises:
            StoreUnavailable: The file cannot be read.
        """
        sql = "SELECT owner, key FROM keys WHERE key IS NOT NULL ORDER BY owner"
        try:
            with self._lock:
                rows = self._connection.execute(sql).fetchall()
        except apsw.Error as error:
            message = f"the keys in {self._path} cannot be read: {error}"
            raise StoreUnavailable(message) from error
        yield from ((str(owner), bytes(key)) for owner, key in rows)  # type: ignore[arg-type]  # as the table says

    def add_all(self, keys: Iterable[tuple[str, Key]]) -> int:
        """Take over keys from an export; who has one, or was forgotten, stays as they are.

        Says how many are their owners' now.

        Raises:
            StoreUnavailable: They cannot be kept; none is.
        """
        kept = 0
        with self._lock:
            self._known.clear()
            try:
                with self._connection:
                    kept = sum(self._add(owner, key) for owner, key in keys)
            except apsw.Error as error:  # of the transaction itself
                raise self._unavailable(error) from error
        return kept

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _key_for(self, owner: str) -> Key | None:
        """The owner's key, made if there is none; None for who was forgotten."""
        key = self._found(owner)
        if key is None:
            with self._lock:
                self._add(owner, self._random_bytes(_KEY_BYTES))
                self._known.pop(owner, None)
            key = self._found(owner)
        return key

    def _add(self, owner: str, key: Key) -> bool:
        """Keep a key if the owner has none; say whether it is theirs now."""
        self._execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", owner, key)
        return self._execute("SELECT key FROM keys WHERE owner = ?", owner) == key

    def _forget(self, owner: str) -> bool:
        """Delete a key; say whether there was one."""
        had_one = self._execute("SELECT key FROM keys WHERE owner = ?", owner) is not None
        self._execute("INSERT OR REPLACE INTO keys VALUES (?, NULL)", owner)
        return had_one

    def _leave_no_trace(self) -> None:
        """Empty the write-ahead log, in which a deleted key may be."""
        if self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").get != _DONE:
            message = f"somebody reads {self._path}: a deleted key is still in its log"
            raise StoreUnavailable(message)

    def _found(self, owner: str) -> Key | None:
        key = self._known.get(owner)
        if key is None:
            with self._lock:
                key = self._execute("SELECT key FROM keys WHERE owner = ?", owner)
                if len(self._known) >= _MOST_KEYS:
                    self._known.clear()
                self._known[owner] = key
        return key

    def _execute(self, sql: str, *values: str | bytes) -> Key | None:
        try:
            found = self._connection.execute(sql, values).get
        except apsw.Error as error:
            raise self._unavailable(error) from error
        return found if isinstance(found, bytes) else None

    def _unavailable(self, error: apsw.Error) -> StoreUnavailable:
        return StoreUnavailable(f"the keys in {self._path} cannot be read or written: {error}")


def _sealed(key: Key | None, owner: str, text: str, random_bytes: RandomBytes) -> str:
    """The nonce and the cipher text in base 64; nothing at all for who was forgotten."""
    if key is None:
        return ""
    nonce = random_bytes(_NONCE_BYTES)
    cipher = AESGCM(key).encrypt(nonce, text.encode(), owner.encode())
    return base64.b64encode(nonce + cipher).decode()


def _unsealed(key: Key | None, owner: str, sealed: str) -> str | None:
    if key is None or not sealed:
        return None
    raw = base64.b64decode(sealed, validate=True)
    try:
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode()).decode()
    except InvalidTag:  # sealed with another key, which was lost with a file of keys
        return None


def _mac(key: Key | None, body: bytes) -> bytes:
    return bytes(_KEY_BYTES) if key is None else hmac.digest(key, body, hashlib.sha256)
