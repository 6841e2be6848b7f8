"""The event log in a SQLite file as it is stored, for whoever moves or checks all of it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges.eventsourcing.codec import Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StoreDamaged, StoreUnavailable
from clouds_edges.eventsourcing.log_entry import LogEntry
from clouds_edges.eventsourcing.recorded import Checkpoint
from clouds_edges.eventsourcing.sqlite import locked, opened
from clouds_edges.eventsourcing.sqlite_reader import EVENT
from clouds_edges.eventsourcing.sqlite_writer import INSERT_COMMAND, INSERT_EVENT, end_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Row = tuple[
    int, bytes, int, bytes, int, int, bytes, bytes, bytes | None, bytes, bytes, bytes | None
]

_PAGE: Final = 2_000
"""How many entries are read at once: no reading transaction is open for longer, since one that
is keeps the writer's write-ahead log from being folded into the file."""

ENTRIES: Final = (
    EVENT + ", CAST(c.body AS BLOB) FROM events e LEFT JOIN commands c "
    "ON c.actor = e.actor AND c.id = e.command AND c.stream = e.stream AND c.version = e.version "
)
_IN_ORDER: Final = ENTRIES + "WHERE position > ? AND position <= ? ORDER BY position LIMIT ?"
_BY_STREAM: Final = (
    ENTRIES + "WHERE (e.stream, e.version) > (CAST(? AS TEXT), ?) AND position <= ? "
    "ORDER BY e.stream, e.version LIMIT ?"
)
_HOLES: Final = """
    SELECT before, position FROM (
        SELECT position, lag(position, 1, 0) OVER (ORDER BY position) AS before
        FROM events WHERE position <= ?
    ) WHERE position != before + 1
"""
_LOST: Final = """
    SELECT coalesce(CAST(c.id AS BLOB), x''), coalesce(CAST(c.actor AS BLOB), x''),
        coalesce(CAST(c.stream AS BLOB), x''), c.version
    FROM commands c LEFT JOIN events e
        ON e.stream = c.stream AND e.version = c.version
        AND e.hash = c.head AND e.actor = c.actor AND e.command = c.id
    WHERE e.position IS NULL
"""
"""Commands whose record is not that of an event that is there: more than what keeps a stream from
being read, since what is looked for here is any difference."""


class SQLiteLog:
    """A `StoredLog` in a file; made by `reading` or `extending`."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def end(self) -> Checkpoint:
        """See `StoredLog.end`."""
        with in_words_of_the_port():
            return end_of(self._connection)

    def entries(self, after: Checkpoint, until: Checkpoint) -> Iterator[LogEntry]:
        """See `StoredLog.entries`."""
        while rows := self._page(_IN_ORDER, after, until):
            yield from map(entry_in, rows)
            after = Checkpoint(rows[-1][0])

    def entries_by_stream(self, until: Checkpoint) -> Iterator[LogEntry]:
        """See `StoredLog.entries_by_stream`."""
        after = (b"", 0)
        while rows := self._page(_BY_STREAM, *after, until):
            yield from map(entry_in, rows)
            after = rows[-1][1:3]

    def hash_of(self, stream: StreamName, version: int) -> bytes | None:
        """See `StoredLog.hash_of`."""
        sql = "SELECT hash FROM events WHERE stream = ? AND version = ?"
        with in_words_of_the_port():
            found: bytes | None = self._connection.execute(sql, (stream, version)).get
        return found

    def knows_command(self, by: str, command_id: CommandId) -> bool:
        """See `StoredLog.knows_command`."""
        sql = "SELECT 1 FROM commands WHERE actor = ? AND id = ?"
        with in_words_of_the_port():
            return self._connection.execute(sql, (by, command_id)).get is not None

    def add(self, entries: Iterable[LogEntry]) -> None:
        """See `StoredLog.add`."""
        with in_words_of_the_port(), self._connection:
            for entry in entries:
                self._add(entry)

    def flaws(self, until: Checkpoint) -> Iterator[str]:
        """See `StoredLog.flaws`."""
        with in_words_of_the_port():
            for (flaw,) in self._connection.execute("PRAGMA integrity_check"):
                if flaw != "ok":
                    yield f"SQLite finds: {flaw}"
            for before, position in self._connection.execute(_HOLES, (until,)):
                yield f"positions {before + 1} to {position - 1} are empty"
            for *names, version in self._connection.execute(_LOST):
                command, by, stream = map(text_of, names)
                yield f"command {command!r} of {by} led to {stream}@{version}, which is gone"

    def _page(self, sql: str, *arguments: int | bytes) -> list[Row]:
        with in_words_of_the_port():
            return list(self._connection.execute(sql, (*arguments, _PAGE)))

    def _add(self, entry: LogEntry) -> None:
        self._connection.execute(
            INSERT_EVENT,
            (
                entry.position,
                entry.stream,
                entry.version,
                entry.encoded.kind,
                entry.encoded.schema,
                entry.at,
                entry.by,
                entry.command_id,
                entry.cause,
                entry.encoded.data,
                entry.hash,
            ),
        )
        if entry.body is not None:
            self._connection.execute(
                INSERT_COMMAND,
                (entry.by, entry.command_id, entry.body, entry.stream, entry.version, entry.hash),
            )


@contextmanager
def reading(path: Path) -> Iterator[SQLiteLog]:
    """The log in this file, whether or not somebody writes to it.

    Raises:
        StoreUnavailable: There is no such file, or it cannot be opened.
    """
    with in_words_of_the_port():
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        yield SQLiteLog(connection)
    finally:
        connection.close()


@contextmanager
def extending(path: Path) -> Iterator[SQLiteLog]:
    """The log in this file, made if need be, for nobody else to write to meanwhile.

    Raises:
        StoreInUse: Somebody writes to it.
        StoreUnavailable: The file cannot be opened or made.
    """
    with ExitStack() as stack:
        with in_words_of_the_port():
            stack.callback(locked(path.with_suffix(".lock")).close)
            connection = opened(path, "FULL")
            stack.callback(connection.close)
        yield SQLiteLog(connection)


@contextmanager
def in_words_of_the_port() -> Iterator[None]:
    """Tell trouble of SQLite in the words of the port."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        message = f"the event log is damaged: {error}"
        raise StoreDamaged(message) from error
    except apsw.Error as error:
        message = f"the event log cannot be used: {error}"
        raise StoreUnavailable(message) from error


def entry_in(row: Row) -> LogEntry:
    """What a row that `ENTRIES` selects says."""
    position, stream, version, kind, schema, at, by, command, cause, data, sealed, body = row
    return LogEntry(
        Checkpoint(position),
        StreamName(text_of(stream)),
        version,
        Encoded(text_of(kind), schema, data),
        at,
        text_of(by),
        CommandId(text_of(command)),
        None if cause is None else text_of(cause),
        sealed,
        body,
    )


def text_of(stored: bytes) -> str:
    """What was stored as text; where it was damaged, it is another, and the hash tells."""
    return stored.decode(errors="replace")
