"""Whether the rows of read models are those that a fold of the log makes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from clouds_edges.eventsourcing.chain import MOST_HEADS
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.errors import UnreadableEvent
from clouds_edges.eventsourcing.log_entry import LogEntry, StoredLog, Succession, hash_at
from clouds_edges.eventsourcing.read_model_file import OtherShape, ReadModelFile
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Reached, Recorded
from clouds_edges.eventsourcing.verify import Told

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from clouds_edges.eventsourcing.projection import Projection

E = TypeVar("E")

_BATCH: Final = 2048
_NOTHING: Final = "nothing"


@dataclass(frozen=True, slots=True)
class Compared:
    """How a read model is: `position` is how far it follows the log, `difference` a sentence.

    Without a position there are no rows to compare: the server makes them when it starts.
    """

    name: str
    position: Checkpoint | None
    difference: str | None


def compare_read_models(
    projections: Sequence[Projection[E]],
    folder: Path,
    log: StoredLog,
    codec: Codec[E],
    told: Told = lambda _done, _of: None,
) -> tuple[Compared, ...]:
    """Hold each read model in `folder` against a fold of the log up to its own checkpoint.

    The files are copied, each at one moment, and then the log is read, so the server may be
    running. A name in a copy may be forgotten in the log by then: where something differs, all is
    done once more. As for all readers of the log, a stream ends where an event cannot be read.
    `told` hears how far the fold has come, and has to come.

    Raises:
        StoreUnavailable: The log cannot be read.
    """
    compared = _compared(projections, folder, log, codec, told)
    if any(one.difference for one in compared):
        compared = _compared(projections, folder, log, codec, told)
    return compared


def _compared(
    projections: Sequence[Projection[E]], folder: Path, log: StoredLog, codec: Codec[E], told: Told
) -> tuple[Compared, ...]:
    with TemporaryDirectory(prefix="verify-") as scratch, ExitStack() as stack:
        pairs = [_Pair(projection, folder, Path(scratch), log) for projection in projections]
        for pair in pairs:
            stack.callback(pair.close)
        until = max((pair.until for pair in pairs), default=BEGINNING)
        for batch in _batches(log, codec, until):
            for pair in pairs:
                pair.advance(batch)
            told(batch[-1].position, until)
        return tuple(pair.compared() for pair in pairs)


class _Pair(Generic[E]):
    """A copy of a read model, and the fold of the log that it is to be compared with."""

    def __init__(
        self, projection: Projection[E], folder: Path, scratch: Path, log: StoredLog
    ) -> None:
        self.until = BEGINNING
        self._projection = projection
        self._flaw: str | None = None
        self._copy = self._copied(folder / f"{projection.name}.db", scratch)
        self._fold = ReadModelFile(scratch / f"{projection.name}.fold.db", projection)
        if self._copy is not None:
            reached = self._copy.reached
            if reached.position and hash_at(log, reached.position) != reached.hash:
                self._flaw = "it follows another log than this"
            else:
                self.until = reached.position

    def advance(self, batch: Sequence[Recorded[E]]) -> None:
        """Fold those of the next events that the copy includes."""
        included = [one for one in batch if one.position <= self.until]
        if included:
            self._fold.advance(included, Reached.by(included[-1]))

    def compared(self) -> Compared:
        """What came of it."""
        position = None if self._copy is None else self._copy.reached.position
        return Compared(self._projection.name, position, self._flaw or self._difference())

    def close(self) -> None:
        self._fold.close()
        if self._copy is not None:
            self._copy.close()

    def _copied(self, path: Path, scratch: Path) -> ReadModelFile[E] | None:
        """A copy of the file, or None when there are no rows of this version of the program."""
        if not path.exists():
            return None
        copy = scratch / path.name
        try:
            with (
                closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            return ReadModelFile(copy, self._projection)
        except OtherShape:
            return None
        except (sqlite3.Error, DBAPIError) as error:
            self._flaw = f"its file cannot be read: {getattr(error, 'orig', error)}"
            return None

    def _difference(self) -> str | None:
        if self._copy is None:
            return None
        copy, fold = self._copy, self._fold
        tables = self._projection.tables.sorted_tables
        try:
            return copy.read(lambda ours: fold.read(lambda honest: _first(ours, honest, tables)))
        except DBAPIError as error:
            return f"its file cannot be read: {error.orig}"


def _first(ours: Connection, honest: Connection, tables: Iterable[Table]) -> str | None:
    """The first difference between two databases in these tables."""
    for table in tables:
        rows = select(table).order_by(*(table.primary_key.columns or table.columns))
        for one, other in zip_longest(ours.execute(rows), honest.execute(rows)):
            if one != other:
                has, wants = (_NOTHING if row is None else tuple(row) for row in (one, other))
                return f"{table.name} has {has} where the log makes {wants}"
    return None


def _batches(log: StoredLog, codec: Codec[E], until: Checkpoint) -> Iterator[list[Recorded[E]]]:
    batch: list[Recorded[E]] = []
    for recorded in _readable(log, codec, log.entries(BEGINNING, until)):
        batch.append(recorded)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _readable(
    log: StoredLog, codec: Codec[E], entries: Iterable[LogEntry]
) -> Iterator[Recorded[E]]:
    """The events, each stream up to its first that is damaged or not understood."""
    succession, ended = Succession(log, MOST_HEADS), set[str]()
    for entry in entries:
        if entry.stream in ended:
            continue
        try:
            if succession.flaw_of_chain(entry) is None:
                yield entry.recorded(codec)
                continue
        except UnreadableEvent:
            pass
        ended.add(entry.stream)
