"""The reading side of the SQLite store: every event is checked before it is handed out.

The hash of an event is computed again from what is stored and from the hash of the one before it
in its stream. A stream ends where that fails, or where an event is not understood: it is
quarantined from there on, for everybody, until the server is started again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

import apsw

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, MOST_HEADS, hash_of_fields
from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import (
    BrokenChain,
    StoreUnavailable,
    StreamQuarantined,
    UnreadableEvent,
)
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded, from_microseconds
from clouds_edges.eventsourcing.sqlite_writer import end_of

E = TypeVar("E")

_LOG: Final = logging.getLogger(__name__)

_LARGEST_INTEGER: Final = 2**63 - 1
"""The largest that SQLite has."""

_DAMAGE: Final = (UnreadableEvent, ValueError, OverflowError)
"""What a damaged row leads to: the last two are texts and times that are none."""

_Row = tuple[int, bytes, int, bytes, int, int, bytes, bytes, bytes | None, bytes, bytes]

EVENT: Final = """
SELECT e.position, COALESCE(CAST(e.stream AS BLOB), x''), COALESCE(CAST(e.version AS INTEGER), 0),
    COALESCE(CAST(e.kind AS BLOB), x''), COALESCE(CAST(e.schema AS INTEGER), 0),
    COALESCE(CAST(e.at AS INTEGER), 0), COALESCE(CAST(e.actor AS BLOB), x''),
    COALESCE(CAST(e.command AS BLOB), x''), CAST(e.cause AS BLOB),
    COALESCE(CAST(e.data AS BLOB), x''), COALESCE(CAST(e.hash AS BLOB), x'')
"""
"""Selects the columns of an event `e`. Texts come as bytes: the hash wants them so, and damaged
ones may be no UTF-8. Whatever a damaged file holds comes in the type that belongs there, for the
hash to tell."""
_EVENTS: Final = EVENT + "FROM events e "
_LAST_VERSION: Final = (
    "SELECT CAST(version AS INTEGER) FROM events WHERE stream = ? ORDER BY version DESC LIMIT 1"
)
_GONE: Final = """
SELECT stream, min(version) FROM commands
WHERE NOT EXISTS (
    SELECT * FROM events
    WHERE events.stream = commands.stream AND events.version = commands.version
)
GROUP BY stream
"""
"""Commands that have led to an event that is not there; whether one that is there is the one
that they have led to, the chain tells."""


@contextmanager
def reading(path: Path, codec: Codec[E]) -> Iterator[Reader[E]]:
    """A reader of this file, whether or not somebody writes to it.

    Raises:
        StoreUnavailable: The file cannot be opened.
    """
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        message = f"the event log {path} cannot be opened: {error}"
        raise StoreUnavailable(message) from error
    with closing(connection):
        yield Reader(connection, codec)


class Reader(Generic[E]):
    """A connection for reading, and what it knows of damage; for one thread at a time."""

    def __init__(self, connection: apsw.Connection, codec: Codec[E]) -> None:
        self.connection = connection
        self.quarantined: dict[StreamName, StreamQuarantined] = {}
        self._codec = codec
        self._heads: dict[bytes, tuple[int, bytes]] = {}
        self._has_looked_for_lost = False

    def read_stream(self, stream: StreamName, after: int) -> list[Recorded[E]]:
        """See `EventStore.read_stream`."""
        found = self.read_sound(stream, after)
        if stream in self.quarantined:
            raise self.quarantined[stream].again()
        return found

    def read_sound(self, stream: StreamName, after: int = 0) -> list[Recorded[E]]:
        """See `EventStore.read_sound`.

        A damaged index may let the rows end before the last one: it is looked for from the end.
        """
        last: int = self.connection.execute(_LAST_VERSION, (stream,)).get or 0
        rows: Iterator[_Row] = iter(
            self.connection.execute(
                _EVENTS + "WHERE stream = ? AND version >= ? ORDER BY version",
                (stream, max(after, 1)),
            )
        )
        first = next(rows, None) if after else None
        if first is not None and first[2] != after:
            self._quarantine(stream, after, BrokenChain(stream, after))
        position, head = (0, EMPTY_HEAD) if first is None else (first[0], first[-1])
        found: list[Recorded[E]] = []
        for version, row in enumerate(rows, after + 1):
            if self._is_beyond(stream, version):
                break
            try:
                if row[0] <= position or row[2] != version:
                    raise BrokenChain(stream, version)
                self._check(row, head)
                found.append(self._recorded(row))
            except _DAMAGE as error:
                self._quarantine(stream, version, error)
            position, head = row[0], row[-1]
        reached = after + len(found)
        if reached < last:
            self._quarantine(stream, reached + 1, BrokenChain(stream, reached + 1))
        return found

    def head_at(self, stream: StreamName, version: int) -> bytes | None:
        """See `EventStore.head_at`."""
        if version > _LARGEST_INTEGER:
            return None
        sql = "SELECT hash FROM events WHERE stream = ? AND version = ?"
        found: bytes | None = self.connection.execute(sql, (stream, version)).get
        return found

    def read_log(self, after: Checkpoint, limit: int) -> list[Recorded[E]]:
        """See `EventStore.read_log`."""
        rows: Iterator[_Row] = iter(
            self.connection.execute(_EVENTS + "WHERE position > ? ORDER BY position", (after,))
        )
        found: list[Recorded[E]] = []
        position = int(after)
        for row in rows:
            if row[0] != position + 1:
                self._look_for_lost()
            position = row[0]
            recorded = self._readable(row)
            if recorded is not None:
                found.append(recorded)
                if len(found) >= limit:
                    break
        return found

    def look_whole(self) -> None:
        """Look for missing events if positions are missing from the log: it is written without.

        Takes a few hundredths of a second on a million events when none is.
        """
        count: int = self.connection.execute("SELECT count(*) FROM events").get
        if count != end_of(self.connection):
            self._look_for_lost()

    def _look_for_lost(self) -> None:
        """Quarantine the streams of which an event is gone that a command has led to.

        Takes seconds on a large log; done once, and only when there is a trace of it.
        """
        if not self._has_looked_for_lost:
            self._has_looked_for_lost = True
            _LOG.error("events are missing from the log: looking for the streams they were in")
            rows: Iterator[tuple[str, int]] = iter(self.connection.execute(_GONE))
            for stream, version in rows:
                self._quarantine(StreamName(stream), version, BrokenChain(stream, version))

    def _readable(self, row: _Row) -> Recorded[E] | None:
        """An event of the log; None from the first unreadable one of its stream on."""
        raw, version = row[1], row[2]
        stream = StreamName(raw.decode(errors="replace"))
        if version < 1:  # it was one of a stream, and is missing there
            self._look_for_lost()
            return None
        if self._is_beyond(stream, version):
            return None
        try:
            self._check(row, self._head_before(row))
            recorded = self._recorded(row)
        except BrokenChain as error:
            self._quarantine(stream, error.version, error)
            return None
        except _DAMAGE as error:
            self._quarantine(stream, version, error)
            return None
        if len(self._heads) >= MOST_HEADS:
            self._heads.clear()
        self._heads[raw] = version, recorded.hash
        return recorded

    def _head_before(self, row: _Row) -> bytes:
        """The hash of the event before this one in its stream.

        Raises:
            BrokenChain: It is missing, or stands behind this one in the log.
        """
        position, raw, version = row[:3]
        known, head = self._heads.get(raw, (0, EMPTY_HEAD))
        if known == version - 1:
            return head
        if version == 1:
            return EMPTY_HEAD
        stream = StreamName(raw.decode())
        found: tuple[bytes, int] | None = self.connection.execute(
            "SELECT hash, position FROM events WHERE stream = ? AND version = ?",
            (stream, version - 1),
        ).get
        if found is None:
            self._look_for_lost()
            raise BrokenChain(stream, version - 1)
        if found[1] > position:
            raise BrokenChain(stream, version)
        return found[0]

    def _is_beyond(self, stream: StreamName, version: int) -> bool:
        """Whether a stream has ended before this version."""
        damage = self.quarantined.get(stream)
        return damage is not None and damage.version <= version

    def _quarantine(self, stream: StreamName, version: int, error: Exception) -> None:
        if not self._is_beyond(stream, version):
            self.quarantined[stream] = StreamQuarantined(stream, version, str(error))
            _LOG.error("%s", self.quarantined[stream])

    def _check(self, row: _Row, head: bytes) -> None:
        """Make sure that nobody changed an event that follows `head`; raises `BrokenChain`."""
        _, stream, version, kind, schema, at, by, command, cause, data, sealed = row
        honest = hash_of_fields(head, stream, version, kind, schema, at, by, command, cause, data)
        if honest != sealed:
            raise BrokenChain(stream.decode(), version)

    def _recorded(self, row: _Row) -> Recorded[E]:
        position, stream, version, kind, schema, at, by, command, cause, data, sealed = row
        return Recorded(
            Checkpoint(position),
            StreamName(stream.decode()),
            version,
            self._codec.decode(Encoded(kind.decode(), schema, data)),
            from_microseconds(at),
            by.decode(),
            CommandId(command.decode()),
            None if cause is None else cause.decode(),
            sealed,
        )
