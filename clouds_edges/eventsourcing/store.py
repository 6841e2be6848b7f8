"""The port of the event log: what every store must do, whatever is behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StreamQuarantined
from clouds_edges.eventsourcing.recorded import Checkpoint, Reached, Recorded

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: its stream is at `version`, and the chain's last hash is `head`."""

    stream: StreamName
    version: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Append(Generic[E_co]):
    """All events of one command, to be recorded together or not at all."""

    stream: StreamName
    expected_version: int
    events: tuple[E_co, ...]
    by: str
    command_id: CommandId
    body: bytes
    """A digest of the command, see `digest`: the same id must come with the same body."""
    at: datetime
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Appended(Generic[E_co]):
    """The answer to an append: `recorded` is empty when the command had its effect before.

    Its events are as they are read from now on: a text that could not be sealed is gone there too.
    """

    outcome: Outcome
    recorded: tuple[Recorded[E_co], ...]


Committed = Callable[[Sequence[Recorded[E]]], None]
"""Is told of recorded events after the commit, in the order of the log."""


class EventStore(Protocol[E]):
    """An append-only log of streams.

    Positions have no holes, and their order is the order of the commits. Anything but the errors
    named here is a bug of the store.
    """

    @property
    def quarantined(self) -> Mapping[StreamName, StreamQuarantined]:
        """The streams that were found damaged or not understood, and from which version on."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why nothing is recorded any more, and what an operator is to do; None while all is."""
        ...

    def subscribe(self, committed: Committed[E]) -> None:
        """Call this after every commit, in the order of the log, from the event loop."""
        ...

    async def append(self, append: Append[E]) -> Appended[E]:
        """Record the events durably; a repeat of a command is answered with its first outcome.

        Who is cancelled meanwhile goes on only when it is known what came of it.

        Raises:
            VersionConflict: The stream is not at the expected version.
            CommandReused: The actor has used this command id with another body.
            StoreUnavailable: Nothing was recorded, or it is not known whether it was; the repeat
                of the command will tell.
        """
        ...

    async def outcome_of(self, by: str, command_id: CommandId, body: bytes) -> Outcome | None:
        """What a command led to before, or None.

        Raises:
            CommandReused: The actor has used this command id with another body.
        """
        ...

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[E]]:
        """The events of a stream behind a version, in order; none if there is no such stream.

        Raises:
            StreamQuarantined: An event is unknown, or the chain is broken.
        """
        ...

    async def head_at(self, stream: StreamName, version: int) -> bytes | None:
        """The hash of a stream's event at a version, or None if there is none; cheap.

        The hash is the stored one, as it is: whether the chain leads to it is not checked.
        """
        ...

    async def read_sound(self, stream: StreamName) -> Sequence[Recorded[E]]:
        """The events of a stream before the first that cannot be read: all, of most streams."""
        ...

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[E]]:
        """At most `limit` events of all streams behind a checkpoint, in the order of the log.

        A stream ends for readers of the log where an event of it cannot be read, or follows on
        none; the others go on.
        """
        ...

    async def end(self) -> Checkpoint:
        """The checkpoint of whoever has read everything."""
        ...


async def holds(store: EventStore[E], reached: Reached) -> bool:
    """Whether what has come to this event follows this log, and not one that was here before."""
    if not reached.position:
        return True
    found = await store.read_log(Checkpoint(reached.position - 1), 1)
    return bool(found) and Reached.by(found[0]) == reached


def digest(stream: StreamName, command: object) -> bytes:
    """What tells one command from another: SHA-256 of where it goes and what it says.

    Commands are frozen dataclasses, whose representation names every field.
    """
    return hashlib.sha256(f"{stream} {command!r}".encode()).digest()
