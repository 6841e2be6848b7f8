"""The log of a SQLite store, read through beside the server that writes it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import apsw

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, chain_hash
from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import BrokenChain, StoreUnavailable, UnreadableEvent
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded, from_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

E = TypeVar("E")

_LOG: Final = logging.getLogger(__name__)

_SHORT: Final = 64
"""Bytes of the data of a line drawn, and some more."""
_MOST_SHORT: Final = 10_000

_Row = tuple[int, str, int, str, int, int, str, str, str | None, bytes, bytes]


class SQLiteLog(Generic[E]):
    """Reads events of all streams in the order of the log; for one thread.

    Every event is decoded, and its place in the chain checked. As for all readers of the log, a
    stream ends where that fails, and the others go on.
    """

    def __init__(self, path: Path, codec: Codec[E]) -> None:
        """Open the file for reading only; raises `StoreUnavailable`."""
        self._codec = codec
        self._short: dict[tuple[str, int, bytes], E] = {}
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._unreadable: dict[str, int] = {}
        try:
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        except apsw.Error as error:
            raise _unavailable(error) from error

    def batches(self, after: Checkpoint, size: int) -> Iterator[list[Recorded[E]]]:
        """The events behind a checkpoint, up to the end as it is when that is reached."""
        try:
            while rows := self._rows(after, size):
                batch = [one for row in rows if (one := self._recorded(row)) is not None]
                if batch:
                    yield batch
                after = Checkpoint(rows[-1][0])
        except apsw.Error as error:
            raise _unavailable(error) from error

    def at(self, position: Checkpoint) -> Recorded[E] | None:
        """The event at a position, or None when there is none that can be read."""
        batch = next(self.batches(Checkpoint(position - 1), 1), None)
        return batch[0] if batch and batch[0].position == position else None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, after: Checkpoint, size: int) -> list[_Row]:
        sql = (
            "SELECT position, stream, version, kind, schema, at, actor, command, cause, data, hash "
            "FROM events WHERE position > ? ORDER BY position LIMIT ?"
        )
        return list(self._connection.execute(sql, (after, size)))

    def _recorded(self, row: _Row) -> Recorded[E] | None:
        """The event, or None from the first unreadable event of its stream on."""
        position, stream, version, kind, schema, at, by, command, cause, data, sealed = row
        if stream in self._unreadable and version >= self._unreadable[stream]:
            return None
        encoded = Encoded(kind, schema, data)
        try:
            head = self._head_before(stream, version)
            if chain_hash(head, stream, version, encoded, at, by, command, cause) != sealed:
                raise BrokenChain(stream, version)
            event = self._decoded(encoded)
            when = from_microseconds(at)
        except (UnreadableEvent, ValueError, OverflowError) as error:
            self._unreadable[stream] = version
            _LOG.error("%s is left out from version %d on: %s", stream, version, error)
            return None
        self._heads[stream] = version, sealed
        return Recorded(
            Checkpoint(position),
            StreamName(stream),
            version,
            event,
            when,
            by,
            CommandId(command),
            cause,
            sealed,
        )

    def _decoded(self, encoded: Encoded) -> E:
        """The event; of short ones there are few that differ, so the same value serves again."""
        if len(encoded.data) > _SHORT:
            return self._codec.decode(encoded)
        key = encoded.kind, encoded.schema, encoded.data
        event = self._short.get(key)
        if event is None:
            if len(self._short) >= _MOST_SHORT:
                self._short.clear()
            event = self._short[key] = self._codec.decode(encoded)
        return event

    def _head_before(self, stream: str, version: int) -> bytes:
        """The hash of the event before this one; looked up if that was not the last one seen."""
        if version == 1:
            return EMPTY_HEAD
        last, head = self._heads.get(stream, (0, EMPTY_HEAD))
        if last == version - 1:
            return head
        sql = "SELECT hash FROM events WHERE stream = ? AND version = ?"
        found: bytes | None = self._connection.execute(sql, (stream, version - 1)).get
        if found is None:
            raise BrokenChain(stream, version - 1)
        return found


def _unavailable(error: apsw.Error) -> StoreUnavailable:
    return StoreUnavailable(f"the event log cannot be read: {error}")
