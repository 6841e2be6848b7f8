"""A recorded event: what happened, and where in the log, when, by whom and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, NewType, TypeVar

from clouds_edges.eventsourcing.decider import CommandId, StreamName

E_co = TypeVar("E_co", covariant=True)

Checkpoint = NewType("Checkpoint", int)
"""How far a reader of the log has come; only the store knows what is inside."""

BEGINNING: Final = Checkpoint(0)
"""Before the first event."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E_co]):
    """An event as the store keeps it.

    `version` counts within the stream and `position` within the log, both from 1 and without
    holes. `at` is aware and in UTC. `cause` names the event that led to it as `stream@version`.
    """

    position: Checkpoint
    stream: StreamName
    version: int
    event: E_co
    at: datetime
    by: str
    command_id: CommandId
    cause: str | None
    hash: bytes

    @property
    def name(self) -> str:
        """Where the event is, as `stream@version`."""
        return f"{self.stream}@{self.version}"


@dataclass(frozen=True, slots=True)
class Reached:
    """An event that somebody has come to: its position, and its hash, which tells logs apart."""

    position: Checkpoint
    hash: bytes

    @classmethod
    def by(cls, recorded: Recorded[object]) -> Reached:
        """What is reached with this event."""
        return cls(recorded.position, recorded.hash)


NOTHING: Final = Reached(BEGINNING, b"")


def microseconds(at: datetime) -> int:
    """A time as a count of microseconds since 1970 in UTC."""
    return (at - _EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """Undo `microseconds`."""
    return _EPOCH + count * _MICROSECOND
