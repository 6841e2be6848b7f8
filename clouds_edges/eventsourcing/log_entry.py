"""The log as it is stored: entries of bytes in one order, and the port to read and extend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, Sealed, chain_hash
from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import BrokenChain
from clouds_edges.eventsourcing.recorded import (
    Checkpoint,
    Recorded,
    from_microseconds,
    microseconds,
)
from clouds_edges.eventsourcing.store import Append

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An event as it is stored; `at` is in microseconds since 1970 in UTC.

    `body` is the digest of the command, kept with the last of its events, whose version and hash
    are the command's outcome; the events before it have None.
    """

    position: Checkpoint
    stream: StreamName
    version: int
    encoded: Encoded
    at: int
    by: str
    command_id: CommandId
    cause: str | None
    hash: bytes
    body: bytes | None

    @property
    def name(self) -> str:
        """Where the event is, as `stream@version`."""
        return f"{self.stream}@{self.version}"

    @property
    def command(self) -> tuple[str, str, str]:
        """The command that led to it: stream, actor, id."""
        return self.stream, self.by, self.command_id

    def recorded(self, codec: Codec[E]) -> Recorded[E]:
        """The event itself, read; raises `UnreadableEvent`."""
        return Recorded(
            self.position,
            self.stream,
            self.version,
            codec.decode(self.encoded),
            from_microseconds(self.at),
            self.by,
            self.command_id,
            self.cause,
            self.hash,
        )

    def hash_behind(self, previous: bytes) -> bytes:
        """The hash that this event has to have if the one before it has `previous`."""
        return chain_hash(
            previous,
            self.stream,
            self.version,
            self.encoded,
            self.at,
            self.by,
            self.command_id,
            self.cause,
        )


def entry_from(
    append: Append[E], sealed: Sealed[E], position: Checkpoint, body: bytes | None
) -> LogEntry:
    """One event of an append as it is stored."""
    return LogEntry(
        position,
        append.stream,
        sealed.version,
        sealed.encoded,
        microseconds(append.at),
        append.by,
        append.command_id,
        append.cause,
        sealed.hash,
        body,
    )


class StoredLog(Protocol):
    """A log at rest or beside its writer, read without knowing what the events say.

    All of it raises `StoreUnavailable`, and `StoreDamaged` where what is read makes no sense.
    """

    def end(self) -> Checkpoint:
        """The position of the last event."""
        ...

    def entries(self, after: Checkpoint, until: Checkpoint) -> Iterator[LogEntry]:
        """What is stored behind one position and up to another, in the order of the log."""
        ...

    def entries_by_stream(self, until: Checkpoint) -> Iterator[LogEntry]:
        """What is stored up to a position: one stream after another, each in its own order."""
        ...

    def hash_of(self, stream: StreamName, version: int) -> bytes | None:
        """The hash of one event, or None if it is not there."""
        ...

    def knows_command(self, by: str, command_id: CommandId) -> bool:
        """Whether the actor has given a command with this id."""
        ...

    def add(self, entries: Iterable[LogEntry]) -> None:
        """Store these behind the last, and their commands, all together.

        Whatever error ends the entries early, nothing of them is kept.
        """
        ...

    def flaws(self, until: Checkpoint) -> Iterator[str]:
        """What is wrong up to a position that no single event shows, each in a sentence.

        Holes among the positions, commands whose event is gone, and what the storage itself finds.
        """
        ...


def hash_at(log: StoredLog, position: Checkpoint) -> bytes | None:
    """The hash of the event at a position, or None if there is none."""
    found = next(log.entries(Checkpoint(position - 1), position), None)
    return None if found is None else found.hash


class Succession:
    """Checks that entries follow from those before them, in the order in which they are given.

    That order is one of the log or of one stream after another. Remembers the last hash of at
    most `most_heads` streams, and asks `hash_of` for those of others.
    """

    def __init__(self, log: StoredLog, most_heads: int) -> None:
        self._log = log
        self._most_heads = most_heads
        self._heads: dict[StreamName, tuple[int, bytes]] = {}
        self._unfinished: LogEntry | None = None

    def remembers(self, stream: StreamName) -> bool:
        """Whether there was an entry of this stream, as far as is remembered."""
        return stream in self._heads

    def flaw_of(self, entry: LogEntry) -> str | None:
        """What keeps this entry from coming next, in a sentence; it is taken for the next."""
        before, self._unfinished = self._unfinished, entry if entry.body is None else None
        flaw = self.flaw_of_chain(entry)
        if flaw is None and before is not None and before.command != entry.command:
            return _cut_off(before)
        return flaw

    def flaw_of_chain(self, entry: LogEntry) -> str | None:
        """The same, but whether its command is whole is not looked at."""
        head = self._head_before(entry)
        if len(self._heads) >= self._most_heads:
            self._heads.clear()
        self._heads[entry.stream] = entry.version, entry.hash
        if head is None:
            return f"{entry.name} is not what comes next in its stream"
        if entry.hash_behind(head) != entry.hash:
            return str(BrokenChain(entry.stream, entry.version))
        return None

    def flaw_of_end(self) -> str | None:
        """What keeps the last entry from being the end, in a sentence."""
        return None if self._unfinished is None else _cut_off(self._unfinished)

    def _head_before(self, entry: LogEntry) -> bytes | None:
        """The hash of the event before this one, or None if that is not the last we know of."""
        if entry.stream in self._heads:
            version, head = self._heads[entry.stream]
            return head if version == entry.version - 1 else None
        if entry.version == 1:
            return EMPTY_HEAD
        return self._log.hash_of(entry.stream, entry.version - 1)


def _cut_off(entry: LogEntry) -> str:
    return f"the command behind {entry.name} has lost its last events or its record"
