"""The look into a log in the plainest way, against which that into a file is held."""

from collections.abc import Iterator, Sequence

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.log_entry import LogEntry, StoredLog
from clouds_edges.eventsourcing.log_reader import StreamEnd, Wanted
from clouds_edges.eventsourcing.recorded import BEGINNING


class MemoryLogReader:
    """A `LogReader` that reads the whole of a log each time; for those in memory."""

    def __init__(self, log: StoredLog) -> None:
        self._log = log

    async def events(
        self, wanted: Wanted, limit: int, *, newest_first: bool = False
    ) -> Sequence[LogEntry]:
        found = [one for one in self._all() if _is_wanted(one, wanted)]
        return found[: -limit - 1 : -1] if newest_first else found[:limit]

    async def stream(self, stream: StreamName) -> Sequence[LogEntry]:
        return [one for one in self._all() if one.stream == stream]

    async def streams(self, prefix: str, after: str, limit: int) -> Sequence[StreamEnd]:
        ends = {one.stream: StreamEnd(one.stream, one.version, one.at) for one in self._all()}
        names = sorted(name for name in ends if name.startswith(prefix) and name > after)
        return [ends[name] for name in names[:limit]]

    def _all(self) -> Iterator[LogEntry]:
        return self._log.entries(BEGINNING, self._log.end())


def _is_wanted(event: LogEntry, wanted: Wanted) -> bool:
    since, until = wanted.times
    return (
        event.stream.startswith(wanted.stream_prefix)
        and wanted.kind in {None, event.encoded.kind}
        and wanted.by in {None, event.by}
        and since <= event.at < until
        and wanted.after < event.position
        and (wanted.before is None or event.position < wanted.before)
    )
