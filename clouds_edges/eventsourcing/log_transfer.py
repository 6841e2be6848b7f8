"""A log out into a file, and in again: all of it or nothing, and as often as one likes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Generic, TypeAlias, TypeVar

from clouds_edges.eventsourcing.chain import MOST_HEADS
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.errors import StoreDamaged, UnreadableEvent
from clouds_edges.eventsourcing.log_entry import LogEntry, StoredLog, Succession, hash_at
from clouds_edges.eventsourcing.log_file import Header, Key, LogFileReader, log_file
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint
from clouds_edges.eventsourcing.verify import NO_SUCH_STREAM, FoldingOf

E = TypeVar("E")


def export_log(
    log: StoredLog, after: Checkpoint, until: Checkpoint, keys: Iterable[Key] = ()
) -> Iterator[bytes]:
    """The lines of a file with everything behind `after`, up to `until`; see `log_file`.

    Checks what it passes on: a file that would be refused is not written to its end.

    Raises:
        StoreDamaged: The log is not as it was recorded.
        StoreUnavailable: The log cannot be read.
    """
    header = Header(after, _hash_at(log, after))
    return log_file(header, _sound(log, log.entries(after, until), after), keys)


Opened: TypeAlias = Callable[[str], AbstractContextManager[IO[bytes]]]
"""Opens a file for reading, told what for: `checking` or `storing`."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import: how much of the file was new, and where the log ends now.

    Of the keys in the file, `keys` are in use, and `other_keys` not: their owners have others here,
    or were forgotten.
    """

    events: int
    end: Checkpoint
    keys: int = 0
    other_keys: int = 0


def _lose(_keys: Iterable[Key]) -> int:
    """What becomes of keys that nobody keeps."""
    return 0


class LogImport(Generic[E]):
    """Takes a file in, once all of it is known to be good and to continue the log.

    The log is empty, or it holds what the file holds as far as both reach; then only the rest is
    stored, which is nothing the second time. Remembers the last hash of every stream with news.
    `name` is how refusals call the file.
    """

    def __init__(
        self,
        log: StoredLog,
        codec: Codec[E],
        folding_of: FoldingOf,
        keep_keys: Callable[[Iterable[Key]], int] = _lose,
    ) -> None:
        """`keep_keys` is told of all keys before the events are stored; says how many it keeps.

        Keys without events do no harm, and a repeat brings the events; events without keys could
        get other ones meanwhile.
        """
        self._keep_keys = keep_keys
        self._keys: list[Key] = []
        self._log = log
        self._codec = codec
        self._folding_of = folding_of

    def run(self, opened: Opened, name: str) -> Imported:
        """Check everything first, and then store what is new.

        Raises:
            LogFileRefused: The file is damaged, or does not fit the log; nothing is stored.
            StoreUnavailable: The log cannot be read or extended; nothing is stored.
        """
        if self.check(opened, name):
            return self.store(opened, name)
        return self._done(0, self._keep_keys(self._keys))

    def check(self, opened: Opened, name: str) -> int:
        """Read the file to its end; returns how many of its events are new."""
        with opened("checking") as file:
            reader = LogFileReader(file, name)
            events = sum(1 for _ in self._news(reader))
            self._keys = reader.keys
            return events

    def store(self, opened: Opened, name: str) -> Imported:
        """Store what is new, all or nothing, and check it on the way: files change."""
        before, kept = self._log.end(), 0

        def news_once_keys_are_kept() -> Iterator[LogEntry]:
            nonlocal kept
            yield from self._news(reader)
            self._keys = reader.keys
            kept = self._keep_keys(self._keys)

        with opened("storing") as file:
            reader = LogFileReader(file, name)
            self._log.add(news_once_keys_are_kept())
        return self._done(self._log.end() - before, kept)

    def _done(self, events: int, kept: int) -> Imported:
        return Imported(events, self._log.end(), kept, len(self._keys) - kept)

    def _news(self, file: LogFileReader) -> Iterator[LogEntry]:
        """The entries behind the end of the log, each of them checked like those before."""
        end = self._log.end()
        self._check_start(file, end)
        succession = Succession(self._log, sys.maxsize)
        stored = self._log.entries(file.header.after, end)
        for entry in file.entries():
            if entry.position <= end:
                flaw = _difference(entry, next(stored, None))
            else:
                flaw = self._flaw_of(entry, succession)
            if flaw is not None:
                file.refuse(flaw)
            if entry.position > end:
                yield entry
        if flaw := succession.flaw_of_end():
            file.refuse(flaw)

    def _check_start(self, file: LogFileReader, end: Checkpoint) -> None:
        after = file.header.after
        if after > end:
            file.refuse(
                f"begins behind event {after}, and the log here ends at {end}: "
                "first import what is between"
            )
        if file.header.follows != _hash_at(self._log, after):
            file.refuse(f"continues another history: the log here has another event {after}")

    def _flaw_of(self, entry: LogEntry, succession: Succession) -> str | None:
        """What keeps an entry from coming next, in the file and behind what is stored."""
        is_first = not succession.remembers(entry.stream)
        if flaw := succession.flaw_of(entry):
            return flaw
        if is_first and self._log.hash_of(entry.stream, entry.version) is not None:
            return f"{entry.name} is in the log here already, at another place"
        if entry.body is not None and self._log.knows_command(entry.by, entry.command_id):
            return f"{entry.by} has given command {entry.command_id!r} before"
        return self._flaw_of_event(entry)

    def _flaw_of_event(self, entry: LogEntry) -> str | None:
        try:
            event = self._codec.decode(entry.encoded)
        except UnreadableEvent as error:
            return str(error)
        folding = self._folding_of(entry.stream)
        if folding is None:
            return f"{entry.stream}: {NO_SUCH_STREAM}"
        return folding.flaw_of_kind(event, entry.encoded)


def _difference(entry: LogEntry, stored: LogEntry | None) -> str | None:
    if entry == stored:
        return None
    return f"{entry.name} is of another history: the log here has another event {entry.position}"


def _sound(log: StoredLog, entries: Iterator[LogEntry], after: Checkpoint) -> Iterator[LogEntry]:
    succession = Succession(log, MOST_HEADS)
    for position, entry in enumerate(entries, after + 1):
        if entry.position != position:
            message = f"event {position} is gone from the log"
            raise StoreDamaged(message)
        if flaw := succession.flaw_of(entry):
            raise StoreDamaged(flaw)
        yield entry
    if flaw := succession.flaw_of_end():
        raise StoreDamaged(flaw)


def _hash_at(log: StoredLog, position: Checkpoint) -> bytes | None:
    """The hash of the event at a position; None at the beginning."""
    if position == BEGINNING:
        return None
    found = hash_at(log, position)
    if found is None:
        message = f"event {position} is gone from the log"
        raise StoreDamaged(message)
    return found
