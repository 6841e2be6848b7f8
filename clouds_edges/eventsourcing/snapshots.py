"""Snapshots: the state of a stream at one version, so that long streams are not folded anew.

A snapshot is never the truth. It is used only while the program that folded it is unchanged and
the log still holds, at its version, the event with its hash; else the stream is folded from the
beginning. The file can be deleted at any time.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import apsw

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.command_handler import Loaded
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.sqlite_files import keep_private, put_aside
from clouds_edges.eventsourcing.threads import finished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

S = TypeVar("S")

_LOG: Final = logging.getLogger(__name__)
_EVERY: Final = 1000
"""How many events are folded anew at most, or, of long streams, the twentieth part."""
_SHARE: Final = 20
_NOTHING: Final = 0, EMPTY_HEAD

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS snapshots (
    stream TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    version INTEGER NOT NULL,
    head BLOB NOT NULL,
    state BLOB NOT NULL,
    checksum BLOB NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Form(Generic[S]):
    """How a state is written as bytes, and read again.

    Both raise `ValueError` when they cannot.
    """

    write: Callable[[S], bytes]
    read: Callable[[bytes], S]


class SnapshotFile:
    """A SQLite file with one snapshot a stream; a damaged one is set aside for an empty one.

    Not flushed at each change: after a power cut a snapshot may be an older one.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible."""
        self._path = path
        self._lock = threading.Lock()
        try:
            self._connection = _opened(path)
        except apsw.Error as error:
            self._set_aside(error)

    def load(self, stream: StreamName, fingerprint: str) -> Loaded[bytes] | None:
        """The state of a stream as it was saved by the same program, or None."""
        sql = "SELECT version, head, state, checksum, fingerprint FROM snapshots WHERE stream = ?"
        with self._lock:
            try:
                row = self._connection.execute(sql, (stream,)).get
            except apsw.Error as error:
                self._connection.close()
                self._set_aside(error)
                return None
        if row is None or row[-1] != fingerprint:
            return None
        version, head, state, checksum, _ = row
        if checksum != _checksum(stream, fingerprint, version, head, state):
            _LOG.warning("the snapshot of %s is damaged: its stream is folded instead", stream)
            return None
        return Loaded(state, version, head)

    def save(self, stream: StreamName, fingerprint: str, loaded: Loaded[bytes]) -> None:
        """Put a snapshot in the place of the one before.

        Raises:
            StoreUnavailable: The file cannot be written; whatever was in it still holds.
        """
        state, version, head = loaded.state, loaded.version, loaded.head
        checksum = _checksum(stream, fingerprint, version, head, state)
        values = (stream, fingerprint, version, head, state, checksum)
        try:
            with self._lock:
                self._connection.execute(
                    "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", values
                )
        except apsw.Error as error:
            message = f"the snapshot of {stream} cannot be saved: {error}"
            raise StoreUnavailable(message) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _set_aside(self, error: apsw.Error) -> None:
        """Keep the damaged file under another name, and begin an empty one."""
        _LOG.warning("%s is set aside, its streams are folded instead: %s", self._path, error)
        try:
            put_aside(self._path)
            self._connection = _opened(self._path)
        except (OSError, apsw.Error) as trouble:
            message = f"{self._path} cannot be opened: {trouble}"
            raise StoreUnavailable(message) from trouble


class Snapshots(Generic[S]):
    """The snapshots of the streams of one decider, saved from time to time while `run` runs.

    Trouble with the file is logged and costs a longer start, nothing else.
    """

    def __init__(self, file: SnapshotFile, form: Form[S], fingerprint: str) -> None:
        """Take what is needed to read states again; see `fingerprint_of`."""
        self._file = file
        self._form = form
        self._fingerprint = fingerprint
        self._offered: dict[StreamName, Loaded[S]] = {}
        self._saved: dict[StreamName, tuple[int, bytes]] = {}
        self._due = asyncio.Event()

    async def load(self, stream: StreamName) -> Loaded[S] | None:
        """The state of a stream at some version, or None."""
        return await finished(self._load, stream)

    def offer(self, stream: StreamName, loaded: Loaded[S]) -> None:
        """Hear of a state; it is saved when enough has happened since the last one."""
        self._offered[stream] = loaded
        saved, _ = self._saved.get(stream, _NOTHING)
        if loaded.version - saved >= max(_EVERY, loaded.version // _SHARE):
            self._due.set()

    def drop(self) -> None:
        """Keep no state in memory: what was offered is not saved."""
        self._offered.clear()

    async def run(self) -> None:
        """Save what is due, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            await finished(self.save)

    def save(self) -> None:
        """Save the latest states that were offered."""
        for stream, loaded in iter(self._taken, None):
            version = loaded.version, loaded.head
            if version == self._saved.get(stream, _NOTHING):
                continue
            try:
                written = Loaded(self._form.write(loaded.state), loaded.version, loaded.head)
                self._file.save(stream, self._fingerprint, written)
            except (ValueError, StoreUnavailable) as trouble:
                _LOG.warning("no snapshot of %s is saved: %s", stream, trouble)
            self._saved[stream] = version  # or tried to: not again before more has happened

    def _taken(self) -> tuple[StreamName, Loaded[S]] | None:
        """One of the states that were offered, no longer kept; all may be dropped at any time."""
        try:
            return self._offered.popitem()
        except KeyError:
            return None

    def _load(self, stream: StreamName) -> Loaded[S] | None:
        try:
            found = self._file.load(stream, self._fingerprint)
            if found is None:
                return None
            loaded = Loaded(self._form.read(found.state), found.version, found.head)
        except (ValueError, StoreUnavailable) as trouble:
            _LOG.warning("the snapshot of %s is of no use: %s", stream, trouble)
            return None
        self._saved[stream] = loaded.version, loaded.head
        return loaded


def fingerprint_of(*functions: Callable[..., object]) -> str:
    """What changes when the code of these functions does, or code of their package they rest on.

    A SHA-256 over the sources of their modules, and of every module of the same top-level package
    that these refer to, however indirectly.
    """
    found: dict[str, ModuleType] = {}
    waiting = [function.__module__ for function in functions]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = sys.modules[name]
            package = name.partition(".")[0]
            waiting += [
                other
                for other in _modules_named_in(found[name])
                if other.partition(".")[0] == package
            ]
    sources = (name.encode() + b"\0" + _source(found[name]) for name in sorted(found))
    return hashlib.sha256(b"\0".join(sources)).hexdigest()


def _modules_named_in(module: ModuleType) -> Iterator[str]:
    for value in tuple(vars(module).values()):
        name = getattr(value, "__module__", None)
        if isinstance(name, str) and name in sys.modules:
            yield name


def _source(module: ModuleType) -> bytes:
    """The file of a module; a program without sources has its compiled code there."""
    spec = module.__spec__
    read: Callable[[str], bytes] | None = getattr(spec and spec.loader, "get_data", None)
    return read(spec.origin) if spec and spec.origin and read else b""


def _opened(path: Path) -> apsw.Connection:
    keep_private(path)
    connection = apsw.Connection(str(path))
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_TABLE)
    except apsw.Error:
        connection.close()
        raise
    return connection


def _checksum(stream: str, fingerprint: str, version: int, head: bytes, state: bytes) -> bytes:
    envelope = f"{stream} {fingerprint} {version} {head.hex()} ".encode()
    return hashlib.sha256(envelope + state).digest()
