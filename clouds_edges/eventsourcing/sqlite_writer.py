"""The writing side of the SQLite store: one connection, one transaction for whatever waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Final, Generic, TypeVar

import apsw

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, MOST_HEADS, recorded_from, seal
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import (
    CommandReused,
    EventSourcingError,
    StoreDamaged,
    StoreUnavailable,
    VersionConflict,
)
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded, microseconds
from clouds_edges.eventsourcing.store import Append, Appended, Outcome

E = TypeVar("E")

FOLD_AT: Final = 1_000
"""Pages; SQLite's own choice."""
INSERT_EVENT: Final = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_OUTCOME: Final = (
    "SELECT c.body, CAST(c.stream AS BLOB), c.version, c.head, e.hash "
    "FROM commands c LEFT JOIN events e ON e.stream = c.stream AND e.version = c.version "
    "AND e.actor = c.actor AND e.command = c.id WHERE c.actor = ? AND c.id = ?"
)
INSERT_COMMAND: Final = "INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?)"
_FAILED_FLUSHES: Final = (apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC)

Waiting = tuple[Append[E], "asyncio.Future[Appended[E]]"]
Answer = tuple["asyncio.Future[Appended[E]]", Appended[E] | Exception]


class Writer(Generic[E]):
    """The writing connection, and what it knows of the ends of log and streams."""

    def __init__(self, connection: apsw.Connection, codec: Codec[E]) -> None:
        self.connection = connection
        self.fold_at = FOLD_AT
        """From how many pages on the write-ahead log is folded into the file."""
        self.failed_flush: apsw.Error | None = None
        """Why something that was written is not on the disk, and may never be."""
        self._codec = codec
        self._heads: dict[StreamName, tuple[int, bytes]] = {}
        self._end = BEGINNING
        connection.set_wal_hook(self._fold)

    def commit(self, batch: Sequence[Waiting[E]]) -> Sequence[Answer[E]]:
        """Record all that can be recorded in one transaction; answer each.

        Whatever goes wrong, everybody is answered: nobody may wait for ever. A bug, such as an
        event that cannot be encoded, is the answer to who asked for it, and to nobody else.
        """
        try:
            with closing(self.connection.cursor()) as cursor:
                cursor.execute("BEGIN IMMEDIATE")
                self._end = end_of(self.connection)
                answers = [(future, self._append(cursor, append)) for append, future in batch]
                cursor.execute("COMMIT")
        except apsw.Error as error:
            self._note(error)
            self._undo()
            return [(future, _unwritable(error)) for _, future in batch]
        except Exception as bug:  # noqa: BLE001 - see above
            self._undo()
            if len(batch) == 1:
                return [(future, bug) for _, future in batch]
            return [answer for one in batch for answer in self.commit([one])]
        return answers

    def _append(self, cursor: apsw.Cursor, append: Append[E]) -> Appended[E] | EventSourcingError:
        """Record one command's events; nothing is written when it is refused."""
        version, head = self._head_of(append.stream)
        try:
            before = outcome_in(self.connection, append.by, append.command_id, append.body)
        except (CommandReused, StoreDamaged) as error:
            return error
        if before is not None:
            return Appended(before, ())
        if version != append.expected_version:
            return VersionConflict(append.stream, append.expected_version, version)
        recorded = self._insert(cursor, append, head)
        outcome = Outcome(append.stream, recorded[-1].version, recorded[-1].hash)
        cursor.execute(
            INSERT_COMMAND,
            (
                append.by,
                append.command_id,
                append.body,
                outcome.stream,
                outcome.version,
                outcome.head,
            ),
        )
        self._heads[append.stream] = outcome.version, outcome.head
        return Appended(outcome, recorded)

    def _insert(
        self, cursor: apsw.Cursor, append: Append[E], head: bytes
    ) -> tuple[Recorded[E], ...]:
        rows, recorded = [], []
        at = microseconds(append.at)
        for sealed in seal(append, head, self._codec):
            self._end = Checkpoint(self._end + 1)
            encoded = sealed.encoded
            rows.append(
                (
                    self._end,
                    append.stream,
                    sealed.version,
                    encoded.kind,
                    encoded.schema,
                    at,
                    append.by,
                    append.command_id,
                    append.cause,
                    encoded.data,
                    sealed.hash,
                )
            )
            recorded.append(recorded_from(append, sealed, self._end))
        cursor.executemany(INSERT_EVENT, rows)
        return tuple(recorded)

    def _head_of(self, stream: StreamName) -> tuple[int, bytes]:
        if stream not in self._heads:
            if len(self._heads) >= MOST_HEADS:
                self._heads.clear()
            row = self.connection.execute(
                "SELECT version, hash FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1",
                (stream,),
            ).get
            self._heads[stream] = (0, EMPTY_HEAD) if row is None else row
        return self._heads[stream]

    def _fold(self, connection: apsw.Connection, database: str, pages: int) -> int:
        """Fold a long write-ahead log into the file; called by SQLite at the end of a commit.

        SQLite would do the same by itself, but tell nobody when the disk fails.
        """
        if pages >= self.fold_at:
            try:
                connection.wal_checkpoint(database)
            except apsw.Error as error:
                self._note(error)
        return apsw.SQLITE_OK

    def _note(self, error: apsw.Error) -> None:
        # It is there, although APSW's types do not say so.
        if getattr(error, "extendedresult", None) in _FAILED_FLUSHES:
            self.failed_flush = error

    def _undo(self) -> None:
        """Forget what was not committed; the trouble may have ended the transaction already."""
        with suppress(apsw.Error):
            self.connection.execute("ROLLBACK")
        self._heads.clear()


def _unwritable(error: apsw.Error) -> StoreUnavailable:
    unavailable = StoreUnavailable(f"the event log cannot be written: {error}")
    unavailable.__cause__ = error
    return unavailable


def end_of(connection: apsw.Connection) -> Checkpoint:
    """The position of the last event."""
    last = connection.execute("SELECT max(position) FROM events").get
    return BEGINNING if last is None else Checkpoint(last)


def outcome_in(
    connection: apsw.Connection, by: str, command_id: CommandId, body: bytes
) -> Outcome | None:
    """What a command led to before, or None; see `EventStore.outcome_of`.

    Raises:
        StoreDamaged: The log has no such event.
    """
    row = connection.execute(_OUTCOME, (by, command_id)).get
    if row is None:
        return None
    first_body, raw, version, head, recorded = row
    if first_body != body:
        raise CommandReused(by, command_id)
    if head != recorded:
        message = f"what command {command_id!r} of {by} has led to is damaged in the event log"
        raise StoreDamaged(message)
    return Outcome(StreamName(raw.decode(errors="replace")), version, head)
