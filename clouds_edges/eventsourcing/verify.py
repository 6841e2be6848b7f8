"""Whether a log is as it was recorded, and can be folded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Generic, TypeVar

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.codec import Codec, Encoded
from clouds_edges.eventsourcing.decider import Decider, StreamName
from clouds_edges.eventsourcing.errors import StoreDamaged, UnreadableEvent
from clouds_edges.eventsourcing.log_entry import LogEntry, StoredLog, Succession
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint

E = TypeVar("E")

_THE_LOG: Final = "the log"
NO_SUCH_STREAM: Final = "there can be no such stream"


Told = Callable[[int, int], None]
"""Hears how much has been done, and of how much."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong, in a sentence, and where: an event, as `stream@version`, a stream, the log."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, up to the position `end`, and what is wrong with it."""

    end: Checkpoint
    events: int
    streams: int
    damages: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class Folding:
    """How a stream is folded, and which events there can be in it."""

    decider: Decider[Any, Any, Any, Any]
    events: tuple[type, ...]

    def flaw_of_kind(self, event: object, encoded: Encoded) -> str | None:
        """What keeps an event, which was stored like this, from being in the stream."""
        if isinstance(event, self.events):
            return None
        return f"there can be no event of kind {encoded.kind!r} in this stream"


FoldingOf = Callable[[StreamName], Folding | None]
"""How a stream is folded, or None if there can be no such stream."""


class LogVerifier(Generic[E]):
    """Reads all of a log, one stream after another; of each stream tells the first damage.

    The log may have a writer: what comes in meanwhile is not looked at.
    """

    def __init__(self, log: StoredLog, codec: Codec[E], folding_of: FoldingOf) -> None:
        self._log = log
        self._codec = codec
        self._folding_of = folding_of
        self._events = 0
        self._streams = 0

    def run(self, told: Told = lambda _done, _of: None) -> Verified:
        """Look at everything; `told` hears how many events have been looked at, of how many.

        Raises:
            StoreUnavailable: The log cannot be read, which says nothing about what is in it.
        """
        damages: list[Damage] = []
        end = BEGINNING
        try:
            end = self._log.end()
            damages += [Damage(_THE_LOG, flaw) for flaw in self._log.flaws(end)]
            damages.extend(self._damages(end, told))
        except StoreDamaged as error:
            damages.append(Damage(_THE_LOG, str(error)))
        return Verified(end, self._events, self._streams, tuple(damages))

    def _damages(self, end: Checkpoint, told: Told) -> Iterator[Damage]:
        entries = self._counted(self._log.entries_by_stream(end))
        for stream, of_stream in groupby(entries, lambda one: one.stream):
            self._streams += 1
            damage = self._first_damage(stream, of_stream)
            if damage is not None:
                yield damage
            told(self._events, end)

    def _counted(self, entries: Iterable[LogEntry]) -> Iterator[LogEntry]:
        for entry in entries:
            self._events += 1
            yield entry

    def _first_damage(self, stream: StreamName, entries: Iterable[LogEntry]) -> Damage | None:
        folding = self._folding_of(stream)
        if folding is None:
            return Damage(stream, NO_SUCH_STREAM)
        return check_stream(stream, entries, self._codec, folding).damage


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """How far a stream holds: the version, and the hash and the state there.

    `damage` is what is wrong behind that, or with its end.
    """

    version: int
    head: bytes
    state: Any
    damage: Damage | None


def check_stream(
    stream: StreamName, entries: Iterable[LogEntry], codec: Codec[Any], folding: Folding
) -> StreamCheck:
    """Read a stream from its first event up to the first that is not to be trusted."""
    checks = _StreamChecks(codec, folding)
    version, head = 0, EMPTY_HEAD
    for entry in entries:
        if flaw := checks.flaw_of(entry):
            return StreamCheck(version, head, checks.state, Damage(entry.name, flaw))
        version, head = entry.version, entry.hash
    flaw = checks.flaw_of_end()
    return StreamCheck(version, head, checks.state, Damage(stream, flaw) if flaw else None)


class _StreamChecks(Generic[E]):
    """Folds one stream, and looks at each event before it does."""

    def __init__(self, codec: Codec[E], folding: Folding) -> None:
        self.state: Any = folding.decider.initial
        self._codec = codec
        self._folding = folding
        self._succession = Succession(MemoryLog(), 1)
        self._position = BEGINNING
        self.flaw_of_end = self._succession.flaw_of_end

    def flaw_of(self, entry: LogEntry) -> str | None:
        """What is wrong with the event that comes next, in a sentence."""
        return (
            self._succession.flaw_of(entry)
            or self._flaw_of_position(entry.position)
            or self._flaw_of_event(entry.encoded)
        )

    def _flaw_of_position(self, position: Checkpoint) -> str | None:
        if position <= self._position:
            return f"it is at position {position}, and the one before at {self._position}"
        self._position = position
        return None

    def _flaw_of_event(self, encoded: Encoded) -> str | None:
        try:
            event = self._codec.decode(encoded)
        except UnreadableEvent as error:
            return str(error)
        if flaw := self._folding.flaw_of_kind(event, encoded):
            return flaw
        try:
            self.state = self._folding.decider.evolve(self.state, event)
        except Exception as error:  # noqa: BLE001 - `evolve` never fails, unless the log is wrong
            return f"the stream cannot be folded beyond it: {error!r}"
        return None
