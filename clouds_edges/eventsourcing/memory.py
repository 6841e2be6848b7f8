"""The event log in memory: for tests, and for trying a domain out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, recorded_from, seal
from clouds_edges.eventsourcing.errors import CommandReused, VersionConflict
from clouds_edges.eventsourcing.log_entry import entry_from
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.eventsourcing.store import Append, Appended, Committed, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clouds_edges.eventsourcing.codec import Codec
    from clouds_edges.eventsourcing.decider import CommandId, StreamName
    from clouds_edges.eventsourcing.errors import StreamQuarantined

E = TypeVar("E")


class MemoryStore(Generic[E]):
    """An `EventStore` that forgets everything when it goes."""

    def __init__(self, codec: Codec[E], log: MemoryLog | None = None) -> None:
        """Begin with what is in the log, which takes in whatever is recorded."""
        self._codec = codec
        self._stored = MemoryLog() if log is None else log
        self._log: list[Recorded[E]] = []
        self._streams: dict[StreamName, list[Recorded[E]]] = {}
        self._outcomes: dict[tuple[str, CommandId], tuple[bytes, Outcome]] = {}
        self._subscribers: list[Committed[E]] = []
        for entry in self._stored.entries(BEGINNING, self._stored.end()):
            self._keep(entry.recorded(codec), entry.body)

    @property
    def quarantined(self) -> Mapping[StreamName, StreamQuarantined]:
        """See `EventStore.quarantined`: nobody can damage what is in memory."""
        return {}

    @property
    def trouble(self) -> str | None:
        """See `EventStore.trouble`: nobody can delete what is in memory."""
        return None

    def subscribe(self, committed: Committed[E]) -> None:
        """See `EventStore.subscribe`."""
        self._subscribers.append(committed)

    async def append(self, append: Append[E]) -> Appended[E]:
        """See `EventStore.append`."""
        before = await self.outcome_of(append.by, append.command_id, append.body)
        if before is not None:
            return Appended(before, ())
        stream = self._streams.get(append.stream, [])
        if len(stream) != append.expected_version:
            raise VersionConflict(append.stream, append.expected_version, len(stream))
        head = stream[-1].hash if stream else EMPTY_HEAD
        for sealed in list(seal(append, head, self._codec)):
            position = Checkpoint(len(self._log) + 1)
            is_last = sealed.version == append.expected_version + len(append.events)
            body = append.body if is_last else None
            self._stored.add([entry_from(append, sealed, position, body)])
            self._keep(recorded_from(append, sealed, position), body)
        recorded = self._log[-len(append.events) :]
        for committed in self._subscribers:
            committed(recorded)
        last = recorded[-1]
        return Appended(Outcome(last.stream, last.version, last.hash), tuple(recorded))

    async def outcome_of(self, by: str, command_id: CommandId, body: bytes) -> Outcome | None:
        """See `EventStore.outcome_of`."""
        first_body, outcome = self._outcomes.get((by, command_id), (body, None))
        if first_body != body:
            raise CommandReused(by, command_id)
        return outcome

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[E]]:
        """See `EventStore.read_stream`."""
        return self._streams.get(stream, [])[after:]

    async def head_at(self, stream: StreamName, version: int) -> bytes | None:
        """See `EventStore.head_at`."""
        events = self._streams.get(stream, [])
        return events[version - 1].hash if 0 < version <= len(events) else None

    async def read_sound(self, stream: StreamName) -> Sequence[Recorded[E]]:
        """See `EventStore.read_sound`."""
        return await self.read_stream(stream)

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[E]]:
        """See `EventStore.read_log`."""
        return self._log[after : after + limit]

    async def end(self) -> Checkpoint:
        """See `EventStore.end`."""
        return Checkpoint(len(self._log))

    def _keep(self, recorded: Recorded[E], body: bytes | None) -> None:
        self._log.append(recorded)
        self._streams.setdefault(recorded.stream, []).append(recorded)
        if body is not None:
            outcome = Outcome(recorded.stream, recorded.version, recorded.hash)
            self._outcomes[recorded.by, recorded.command_id] = body, outcome
