"""How SQLite files are opened: for their owner only; and what is said when they cannot be."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.eventsourcing.errors import StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

_FILE_MODE: Final = 0o600


def keep_private(path: Path) -> None:
    """Let nobody but its owner read a file, which is made if it is not there.

    Those that SQLite makes beside it take their mode from it. One that is there is not opened
    here: to close it would end the locks of whoever in this process has it open
    (sqlite.org/howtocorrupt.html, section 2.2).
    """
    with suppress(OSError):  # what is the matter, SQLite says
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE))
        except FileExistsError:
            if path.is_file():
                path.chmod(_FILE_MODE)


def cannot_open(what: str, error: apsw.Error) -> StoreUnavailable:
    """The trouble with a file that nothing can be put in the place of but a copy of it."""
    message = f"{what} cannot be opened: {error}"
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        message += "; it is damaged: put it back from the backup, with no -wal or -shm beside it"
    return StoreUnavailable(message)
