"""The port through which people look into a log: what is stored, by stream, kind, actor and time.

Apart from `EventStore`, because it shows events as they are stored, the unreadable ones as well,
and never stands in the way of commands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.log_entry import LogEntry, StoredLog
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
    stream: StreamName | None = None
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

    def includes(self, event: LogEntry) -> bool:
        """Whether this event is wanted."""
        since, until = self.times
        return (
            event.stream.startswith(self.stream_prefix)
            and self.stream in {None, event.stream}
            and self.kind in {None, event.encoded.kind}
            and self.by in {None, event.by}
            and since <= event.at < until
            and self.after < event.position
            and (self.before is None or event.position < self.before)
        )


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


class MemoryLogReader:
    """A `LogReader` that reads the whole of a log each time; for those in memory."""

    def __init__(self, log: StoredLog) -> None:
        self._log = log

    async def events(
        self, wanted: Wanted, limit: int, *, newest_first: bool = False
    ) -> Sequence[LogEntry]:
        """See `LogReader.events`."""
        found = [one for one in self._all() if wanted.includes(one)]
        return found[: -limit - 1 : -1] if newest_first else found[:limit]

    async def stream(self, stream: StreamName) -> Sequence[LogEntry]:
        """See `LogReader.stream`."""
        return [one for one in self._all() if one.stream == stream]

    async def streams(self, prefix: str, after: str, limit: int) -> Sequence[StreamEnd]:
        """See `LogReader.streams`."""
        ends = {one.stream: StreamEnd(one.stream, one.version, one.at) for one in self._all()}
        names = sorted(name for name in ends if name.startswith(prefix) and name > after)
        return [ends[name] for name in names[:limit]]

    def _all(self) -> Iterator[LogEntry]:
        return self._log.entries(BEGINNING, self._log.end())
