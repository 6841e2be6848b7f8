"""How far readers of the log have come, by name, in one SQLite file."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import apsw

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint

if TYPE_CHECKING:
    from pathlib import Path


class CheckpointFile:
    """A SQLite file that remembers by name how far readers of the log have come.

    Not flushed at each change: after a power cut a reader may begin further back, never ahead.
    The connection is for one thread at a time: hold `lock` while using it.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `StoreUnavailable` when that is not possible."""
        self.lock = threading.RLock()
        try:
            self.connection = apsw.Connection(str(path))
            self.connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
            self.connection.execute(
                "CREATE TABLE IF NOT EXISTS checkpoints "
                "(name TEXT PRIMARY KEY, checkpoint INTEGER NOT NULL) STRICT, WITHOUT ROWID"
            )
        except apsw.Error as error:
            message = f"{path} cannot be opened: {error}"
            raise StoreUnavailable(message) from error

    def load(self, name: str) -> Checkpoint:
        """How far this reader has come; the beginning if it is new."""
        sql = "SELECT checkpoint FROM checkpoints WHERE name = ?"
        with self.lock:
            found = self.connection.execute(sql, (name,)).get
        return BEGINNING if found is None else Checkpoint(found)

    def save(self, name: str, checkpoint: Checkpoint) -> None:
        """Remember how far this reader has come; raises `StoreUnavailable`."""
        sql = "INSERT INTO checkpoints VALUES (?, ?) ON CONFLICT DO UPDATE SET checkpoint = ?2"
        try:
            with self.lock:
                self.connection.execute(sql, (name, checkpoint))
        except apsw.Error as error:
            message = f"the checkpoint of {name} cannot be saved: {error}"
            raise StoreUnavailable(message) from error

    def close(self) -> None:
        """Close the file, once nobody is in the middle of a transaction."""
        with self.lock:
            self.connection.close()
