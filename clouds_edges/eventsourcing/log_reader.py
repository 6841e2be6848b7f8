"""The port through which people look into a log: what is stored, by stream, kind, actor and time.

Apart from `EventStore`, because it shows events as they are stored, the unreadable ones as well,
and never stands in the way of commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.log_entry import LogEntry
from clouds_edges.eventsourcing.recorded import BEGINNING, microseconds

_END_OF_TIME: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """A stream, its last version, and when it came to that."""

    stream: StreamName
    version: int
    at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to show: those that all of this is true of.

    `after` and `before` are positions, both left out; `since` is included, `until` left out.
    """

    stream_prefix: str = ""
    kind: str | None = None
    by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: int = BEGINNING
    before: int | None = None

    @property
    def times(self) -> tuple[int, int]:
        """The first microsecond that is wanted, and the first that is not any more."""
        since = -_END_OF_TIME if self.since is None else microseconds(self.since)
        return since, _END_OF_TIME if self.until is None else microseconds(self.until)


class LogReader(Protocol):
    """Pages of a log. All of it raises `StoreUnavailable`."""

    async def events(
        self, wanted: Wanted, limit: int, *, newest_first: bool = False
    ) -> Sequence[LogEntry]:
        """At most `limit` of the events that are wanted, in the order of the log or against it."""
        ...

    async def stream(self, stream: StreamName) -> Sequence[LogEntry]:
        """Everything that is stored of a stream, by version."""
        ...

    async def streams(self, prefix: str, after: str, limit: int) -> Sequence[StreamEnd]:
        """At most `limit` streams whose names begin with `prefix` and come behind `after`."""
        ...
