"""What would be in the file of a store, in memory: it can be moved and checked like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clouds_edges.eventsourcing.decider import CommandId, StreamName
    from clouds_edges.eventsourcing.log_entry import LogEntry


class MemoryLog:
    """A `StoredLog` without a file; a `MemoryStore` made from it goes on where it ends."""

    def __init__(self, entries: Iterable[LogEntry] = ()) -> None:
        self._entries = list(entries)

    def end(self) -> Checkpoint:
        """See `StoredLog.end`."""
        return self._entries[-1].position if self._entries else BEGINNING

    def entries(self, after: Checkpoint, until: Checkpoint) -> Iterator[LogEntry]:
        """See `StoredLog.entries`."""
        return (one for one in list(self._entries) if after < one.position <= until)

    def entries_by_stream(self, until: Checkpoint) -> Iterator[LogEntry]:
        """See `StoredLog.entries_by_stream`."""
        entries = self.entries(BEGINNING, until)
        return iter(sorted(entries, key=lambda one: (one.stream, one.version)))

    def hash_of(self, stream: StreamName, version: int) -> bytes | None:
        """See `StoredLog.hash_of`."""
        wanted = (stream, version)
        return next(
            (one.hash for one in self._entries if (one.stream, one.version) == wanted), None
        )

    def knows_command(self, by: str, command_id: CommandId) -> bool:
        """See `StoredLog.knows_command`."""
        given = ((one.by, one.command_id) for one in self._entries if one.body is not None)
        return (by, command_id) in given

    def add(self, entries: Iterable[LogEntry]) -> None:
        """See `StoredLog.add`."""
        before = len(self._entries)
        try:
            for entry in entries:
                self._entries.append(entry)
        except BaseException:
            del self._entries[before:]
            raise

    def flaws(self, until: Checkpoint) -> Iterator[str]:
        """See `StoredLog.flaws`."""
        before = BEGINNING
        for one in self.entries(BEGINNING, until):
            if one.position != before + 1:
                yield f"positions {before + 1} to {one.position - 1} are empty"
            before = one.position
