"""SQLite files as files: for their owner only, deleted, put aside and replaced with their logs."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.eventsourcing.errors import StoreUnavailable

if TYPE_CHECKING:
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)

_FILE_MODE: Final = 0o600
_COMPANIONS: Final = ("-wal", "-shm", "")
"""What a SQLite file is made of. The file itself comes last: a log without it has no meaning, but
the log of one file beside another would be taken for its own."""


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


def remove(path: Path) -> None:
    """Delete a file that nobody has open, with what is left beside it."""
    for companion in _COMPANIONS:
        _companion(path, companion).unlink(missing_ok=True)


def aside_of(path: Path) -> Path:
    """Where a damaged file is kept."""
    return path.with_suffix(".damaged.db")


def put_aside(path: Path) -> None:
    """Rename a damaged file, for whoever wants to look at it; it replaces an older one."""
    aside = aside_of(path)
    _LOG.error("%s is damaged: it is kept as %s, and made anew", path, aside.name)
    remove(aside)
    for companion in _COMPANIONS:
        if _companion(path, companion).exists():
            _companion(path, companion).replace(_companion(aside, companion))


def replace(path: Path, by: Path) -> None:
    """Put one file in the place of another; nobody of this process has either of them open.

    What a reader elsewhere keeps beside the old file is deleted first.
    """
    for companion in _COMPANIONS[:-1]:
        _companion(path, companion).unlink(missing_ok=True)
    by.replace(path)


def _companion(path: Path, companion: str) -> Path:
    return path.with_name(path.name + companion)
