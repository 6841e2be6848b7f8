"""From a command to recorded events: load, fold, decide, append; again on a conflict."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.decider import (
    A,
    Actor,
    C,
    Decider,
    E,
    Issued,
    Refused,
    S,
    StreamName,
)
from clouds_edges.eventsourcing.errors import StreamQuarantined, VersionConflict
from clouds_edges.eventsourcing.store import Append, EventStore, Outcome, digest

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.recorded import Recorded
    from clouds_edges.eventsourcing.snapshots import Snapshots

_TRIES: Final = 3
_MOST_LOADED: Final = 10_000
"""How many aggregates stay folded in memory."""

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[State]):
    """An aggregate at one version."""

    state: State
    version: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Handled:
    """A command took effect, now or (`is_duplicate`) when it was first given."""

    outcome: Outcome
    is_duplicate: bool


@dataclass(slots=True)
class _Aggregate(Generic[State]):
    """What is kept of a stream in memory; `loaded` is None when it has to be read again.

    `sound` is the last state of a stream that is quarantined.
    """

    loaded: Loaded[State] | None = None
    sound: Loaded[State] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


BodyOf = Callable[[StreamName, Issued[C, A]], Awaitable[bytes]]
"""Makes the digest that tells a command from another with the same id; see `store.digest`."""


async def plain_body(stream: StreamName, issued: Issued[object, Actor]) -> bytes:
    """The digest of a command that anybody can make."""
    return digest(stream, issued.command)


class CommandHandler(Generic[C, A, E, S]):
    """Handles the commands of one decider, for all its streams.

    One command at a time decides on a stream; the store's expected version guards against other
    writers. A folded state is kept until an append fails: then it is dropped, never repaired.
    With snapshots a long stream is folded from the last one on; the states are the same without.
    """

    def __init__(
        self,
        decider: Decider[C, A, E, S],
        store: EventStore[E],
        snapshots: Snapshots[S] | None = None,
        body_of: BodyOf[C, A] = plain_body,
    ) -> None:
        self._decider = decider
        self._store = store
        self._snapshots = snapshots
        self._body_of = body_of
        self._nothing = Loaded(decider.initial, 0, EMPTY_HEAD)
        self._aggregates: OrderedDict[StreamName, _Aggregate[S]] = OrderedDict()

    async def handle(self, stream: StreamName, issued: Issued[C, A]) -> Handled:
        """Let the command take effect once, however often it is given.

        Raises:
            Refused: The state forbids it; nothing was recorded.
            CommandReused: The actor has used this command id for another command.
            VersionConflict: Other writers were faster, three times in a row.
            StreamQuarantined: The stream cannot be read, and takes nothing more.
            StoreUnavailable: See `EventStore.append`.
        """
        aggregate = self._aggregate(stream)
        aggregate.users += 1
        try:
            async with aggregate.lock:
                return await self._handle(stream, aggregate, issued)
        finally:
            aggregate.users -= 1

    async def load(self, stream: StreamName) -> Loaded[S]:
        """The state of a stream now; the decider's initial state if there is none.

        Raises:
            StreamQuarantined: The stream cannot be read.
        """
        self._check_not_quarantined(stream)
        aggregate = self._aggregate(stream)
        if aggregate.loaded is not None:
            return aggregate.loaded
        aggregate.users += 1
        try:
            async with aggregate.lock:
                return await self._loaded(stream, aggregate)
        finally:
            aggregate.users -= 1

    async def head_at(self, stream: StreamName, version: int) -> bytes | None:
        """The hash of a stream's event at a version, or None if there is none.

        The newest one of a stream in use is at hand; any other is looked up in the store.
        """
        aggregate = self._aggregates.get(stream)
        loaded = None if aggregate is None else aggregate.loaded
        if loaded is not None and 0 < version == loaded.version:
            return loaded.head
        return await self._store.head_at(stream, version)

    async def handled_before(self, stream: StreamName, issued: Issued[C, A]) -> Handled | None:
        """What a command led to when it was first given; None if it has had no effect.

        Raises:
            CommandReused: The actor has used this command id for another command.
        """
        return await self._handled_before(issued, await self._body_of(stream, issued))

    async def load_sound(self, stream: StreamName) -> Loaded[S]:
        """The state of a stream as far as it can be read: to look things up, not to decide.

        For all streams but the quarantined ones it is the state now.
        """
        try:
            return await self.load(stream)
        except StreamQuarantined:
            aggregate = self._aggregate(stream)
            if aggregate.sound is None:
                recorded = await self._store.read_sound(stream)
                aggregate.sound = aggregate.loaded or self._gone_on(self._nothing, recorded)
            return aggregate.sound

    async def drop(self) -> None:
        """Keep no state in memory: each is read again when it is needed."""
        for aggregate in tuple(self._aggregates.values()):
            async with aggregate.lock:
                aggregate.loaded = aggregate.sound = None
        if self._snapshots is not None:
            self._snapshots.drop()

    async def _handle(
        self, stream: StreamName, aggregate: _Aggregate[S], issued: Issued[C, A]
    ) -> Handled:
        for _ in range(_TRIES - 1):
            with suppress(VersionConflict):
                return await self._try(stream, aggregate, issued)
        return await self._try(stream, aggregate, issued)

    async def _try(
        self, stream: StreamName, aggregate: _Aggregate[S], issued: Issued[C, A]
    ) -> Handled:
        self._check_not_quarantined(stream)
        body = await self._body_of(stream, issued)
        loaded = await self._loaded(stream, aggregate)
        try:
            events = tuple(self._decider.decide(issued, loaded.state))
        except Refused:
            before = await self._handled_before(issued, body)
            if before is None:
                raise
            return before
        if not events:
            nothing = Handled(Outcome(stream, loaded.version, loaded.head), is_duplicate=False)
            return await self._handled_before(issued, body) or nothing
        append = Append(
            stream,
            loaded.version,
            events,
            issued.by.id,
            issued.id,
            body,
            issued.at,
            issued.cause,
        )
        return await self._append(aggregate, loaded, append)

    async def _handled_before(self, issued: Issued[C, A], body: bytes) -> Handled | None:
        outcome = await self._store.outcome_of(issued.by.id, issued.id, body)
        return None if outcome is None else Handled(outcome, is_duplicate=True)

    async def _append(
        self, aggregate: _Aggregate[S], loaded: Loaded[S], append: Append[E]
    ) -> Handled:
        aggregate.loaded = None
        appended = await self._store.append(append)
        outcome = appended.outcome
        if not appended.recorded:
            if outcome.stream == append.stream and outcome.version <= loaded.version:
                aggregate.loaded = loaded
            return Handled(outcome, is_duplicate=True)
        aggregate.loaded = self._gone_on(loaded, appended.recorded)
        self._offer(append.stream, aggregate.loaded)
        return Handled(outcome, is_duplicate=False)

    async def _loaded(self, stream: StreamName, aggregate: _Aggregate[S]) -> Loaded[S]:
        if aggregate.loaded is None:
            aggregate.loaded = await self._from_snapshot(stream) or await self._folded(stream)
            self._offer(stream, aggregate.loaded)
        return aggregate.loaded

    async def _folded(self, stream: StreamName) -> Loaded[S]:
        recorded = await self._store.read_stream(stream)
        return self._gone_on(self._nothing, recorded)

    async def _from_snapshot(self, stream: StreamName) -> Loaded[S] | None:
        """The state by way of a snapshot; None without one that the log agrees with."""
        snapshot = None if self._snapshots is None else await self._snapshots.load(stream)
        if snapshot is None:
            return None
        recorded = await self._store.read_stream(stream, snapshot.version - 1)
        if not recorded or recorded[0].hash != snapshot.head:
            return None
        return self._gone_on(snapshot, recorded[1:])

    def _gone_on(self, loaded: Loaded[S], news: Sequence[Recorded[E]]) -> Loaded[S]:
        state = self._decider.fold((one.event for one in news), loaded.state)
        head = news[-1].hash if news else loaded.head
        return Loaded(state, loaded.version + len(news), head)

    def _offer(self, stream: StreamName, loaded: Loaded[S]) -> None:
        if self._snapshots is not None:
            self._snapshots.offer(stream, loaded)

    def _check_not_quarantined(self, stream: StreamName) -> None:
        damage = self._store.quarantined.get(stream)
        if damage is not None:
            raise damage.again()

    def _aggregate(self, stream: StreamName) -> _Aggregate[S]:
        aggregate = self._aggregates.get(stream)
        if aggregate is None:
            aggregate = self._aggregates[stream] = _Aggregate()
        self._aggregates.move_to_end(stream)
        oldest = next(iter(self._aggregates))
        if len(self._aggregates) > _MOST_LOADED and not self._aggregates[oldest].users:
            del self._aggregates[oldest]
        return aggregate
