"""What is missing in the folder of a server, found out before it is made anew and empty."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.application.system import KEYS
from clouds_edges.domain.ids import PLAYERS
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.server.tokens import Role

if TYPE_CHECKING:
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)

_EVENTS: Final = "SELECT 1 FROM events LIMIT 1"
_PLAYERS: Final = f"SELECT 1 FROM events WHERE stream = '{PLAYERS}' LIMIT 1"  # noqa: S608 - ours
_SEALED: Final = (
    f"SELECT 1 FROM events WHERE stream = '{PLAYERS}' "  # noqa: S608 - ours
    """AND instr(CAST(data AS TEXT), '"sealed":"') LIMIT 1"""
)
_TOKENS: Final = f"SELECT 1 FROM tokens WHERE role = '{Role.PLAYER}' LIMIT 1"  # noqa: S608 - ours
_REACHED: Final = "SELECT 1 FROM checkpoint WHERE position > 0"
_TRACES: Final = (
    ("tokens.db", _TOKENS),
    ("processes.db", "SELECT 1 FROM checkpoints WHERE checkpoint > 0 LIMIT 1"),
    ("snapshots.db", "SELECT 1 FROM snapshots LIMIT 1"),
)
"""What there is only where there was a log. Keys are none: an import may have brought them."""


def check_folder(folder: Path) -> None:
    """Make sure that what cannot be made anew is there, unless the folder is a new one.

    Raises:
        StoreUnavailable: The log is gone, or the keys of the names in it.
    """
    log = folder / "events.db"
    try:
        if not _finds(log, _EVENTS):
            _check_new(folder)
        elif not _finds(folder / "tokens.db", _TOKENS) and _finds(log, _PLAYERS):
            _LOG.warning(
                "%s has no tokens of players, who are in the log: nobody of them is let in as who "
                "they were; if there is a backup of it, stop the server and put it back",
                folder / "tokens.db",
            )
    except apsw.Error:
        return  # what is the matter with a file is said by who opens it
    if lacks_keys(folder):
        message = (
            f"{folder / KEYS} is missing, without which no name in the log can be read: put it "
            "back from the backup; if there is none, make an empty file of that name, and all "
            "names are lost"
        )
        raise StoreUnavailable(message)


def lacks_keys(folder: Path) -> bool:
    """Whether there is no file of keys, although names in the log are sealed with some."""
    return not (folder / KEYS).exists() and _shows(folder / "events.db", _SEALED)


def rescued_log(folder: Path) -> Path | None:
    """The newest copy of a log that a server saved when it lost the file itself, or None."""
    copies = [path for path in folder.glob("events.rescued*.db") if _holds_log(path)]
    return max(copies, key=lambda path: path.stat().st_mtime_ns, default=None)


def _holds_log(copy: Path) -> bool:
    """Whether there are events in a copy; it is taken as it is, and nothing is made beside it."""
    uri, flags = f"{copy.absolute().as_uri()}?immutable=1", apsw.SQLITE_OPEN_READONLY
    try:
        with closing(apsw.Connection(uri, flags=flags | apsw.SQLITE_OPEN_URI)) as connection:
            return connection.execute(_EVENTS).get is not None
    except apsw.Error:
        return False


def how_to_put_back(rescued: Path) -> str:
    """What to do with the copy of a log, once no server runs in its folder."""
    return (
        f"move events.db, events.db-wal and events.db-shm out of {rescued.parent} as far as they "
        f"are there, then rename {rescued.name} to events.db"
    )


def _check_new(folder: Path) -> None:
    if rescued := rescued_log(folder):
        message = (
            f"the event log {folder / 'events.db'} is missing or empty, but a server saved what "
            f"was in it as {rescued.name}: stop that server if it still runs, "
            f"{how_to_put_back(rescued)}, and start again"
        )
        raise StoreUnavailable(message)
    traces = [name for name, sql in _TRACES if _shows(folder / name, sql)]
    if any(_shows(model, _REACHED) for model in (folder / "read-models").glob("*.db")):
        traces.append("read-models")
    if traces:
        message = (
            f"the event log {folder / 'events.db'} is missing or empty, but there was one "
            f"({', '.join(traces)} follow it): put it back from the backup; or, to begin anew, "
            "move everything else out of the folder"
        )
        raise StoreUnavailable(message)


def _shows(path: Path, sql: str) -> bool:
    """Whether a query finds something; a file that cannot be read shows nothing."""
    try:
        return _finds(path, sql)
    except apsw.Error:
        return False


def _finds(path: Path, sql: str) -> bool:
    """Whether a query finds something; it does not where there is no file, or no such table."""
    if not path.exists():
        return False
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        try:
            return connection.execute(sql).get is not None
        except apsw.SQLError:
            return False
