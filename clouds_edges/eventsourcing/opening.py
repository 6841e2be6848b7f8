"""What is said of a SQLite file that cannot be opened."""

from __future__ import annotations

import apsw

from clouds_edges.eventsourcing.errors import StoreUnavailable


def cannot_open(what: str, error: apsw.Error) -> StoreUnavailable:
    """The trouble with a file that nothing can be put in the place of but a copy of it."""
    message = f"{what} cannot be opened: {error}"
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        message += "; it is damaged: put it back from the backup, with no -wal or -shm beside it"
    return StoreUnavailable(message)
