"""Logs of lamps, and files made of them."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import get_args

import apsw
from hypothesis import strategies as st

from clouds_edges.eventsourcing.chain import EMPTY_HEAD
from clouds_edges.eventsourcing.codec import Encoded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.log_entry import LogEntry, StoredLog
from clouds_edges.eventsourcing.log_file import Header, Key, log_file
from clouds_edges.eventsourcing.log_transfer import Imported, LogImport, export_log
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, microseconds
from clouds_edges.eventsourcing.store import EventStore
from clouds_edges.eventsourcing.verify import Folding
from tests.eventsourcing.lamp import (
    ATTIC,
    CODEC,
    HALL,
    LAMP_DECIDER,
    NOON,
    Event,
    Labelled,
    TurnedOff,
    TurnedOn,
    to_append,
)

Histories = Sequence[tuple[StreamName, Sequence[Event]]]
"""Commands, each with its stream and what came of it."""

HISTORY: Histories = (
    (HALL, [TurnedOn(), TurnedOff()]),
    (ATTIC, [Labelled('Über,"data":\\n ☁\n', ("hall", "stairs"))]),
    (HALL, [TurnedOn()]),
)

_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(TurnedOn),
    st.builds(Labelled, st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
)
histories: st.SearchStrategy[Histories] = st.lists(
    st.tuples(
        st.sampled_from([HALL, ATTIC, StreamName("lamp/☁")]),
        st.lists(_events, min_size=1, max_size=3),
    ),
    max_size=8,
)


def recorded_log(commands: Histories) -> MemoryLog:
    """A log in which each of these commands has been recorded."""
    drafts = [
        _draft(stream, event, number, body=b"%032d" % number if event is events[-1] else None)
        for number, (stream, events) in enumerate(commands)
        for event in events
    ]
    return MemoryLog(chained(drafts))


def _draft(stream: StreamName, event: Event, command: int, body: bytes | None) -> LogEntry:
    """An entry whose position, version and hash are still to be found."""
    return LogEntry(
        BEGINNING,
        stream,
        0,
        CODEC.encode(event),
        microseconds(NOON) + command,
        "ann",
        CommandId(f"{command}"),
        None if command % 2 else f"{HALL}@1",
        EMPTY_HEAD,
        body,
    )


def chained(entries: Iterable[LogEntry], after: Sequence[LogEntry] = ()) -> list[LogEntry]:
    """Number and seal entries behind others, as a store does; the others are not in the result."""
    heads = {one.stream: (one.version, one.hash) for one in after}
    result: list[LogEntry] = []
    for position, entry in enumerate(entries, len(after) + 1):
        version, head = heads.get(entry.stream, (0, EMPTY_HEAD))
        numbered = replace(entry, position=Checkpoint(position), version=version + 1)
        result.append(replace(numbered, hash=numbered.hash_behind(head)))
        heads[entry.stream] = version + 1, result[-1].hash
    return result


def all_of(log: StoredLog) -> list[LogEntry]:
    return list(log.entries(BEGINNING, log.end()))


def with_encoded(log: StoredLog, place: int, change: Callable[[Encoded], Encoded]) -> MemoryLog:
    """A log that was recorded with another event at this place, from the beginning 0."""
    entries = all_of(log)
    entries[place] = replace(entries[place], encoded=change(entries[place].encoded))
    return MemoryLog(chained(entries))


def exported(log: StoredLog, after: int = 0, keys: Iterable[Key] = ()) -> bytes:
    return b"".join(export_log(log, Checkpoint(after), log.end(), keys))


def written(entries: Iterable[LogEntry], after: int = 0) -> bytes:
    """A file of these entries, which nobody has looked at before."""
    return b"".join(log_file(Header(Checkpoint(after), None), entries))


def imported(file: bytes, log: StoredLog) -> Imported:
    return LogImport(log, CODEC, lamps).run(lambda _: BytesIO(file), "a.log")


def lamps(stream: StreamName) -> Folding | None:
    """Every stream is a lamp, if its name says so."""
    is_lamp = stream.startswith("lamp/")
    return Folding(LAMP_DECIDER, get_args(Event)) if is_lamp else None


def changed(file: bytes, line: int, old: bytes, new: bytes) -> bytes:
    """The file with another text in a line, counted from 1, and every check right again."""
    lines = file.splitlines(keepends=True)
    assert lines[line - 1].count(old) == 1
    lines[line - 1] = lines[line - 1].replace(old, new)
    digest = hashlib.sha256()
    checked = []
    for one in lines[:-1]:
        content = one.rpartition(b',"check":')[0]
        digest.update(content)
        check = b',"check":"%b"}\n' % digest.hexdigest()[:16].encode()
        digest.update(check)
        checked.append(content + check)
    footer = lines[-1].rpartition(b',"sha256":')[0]
    return b"".join(checked) + footer + b',"sha256":"%b"}\n' % digest.hexdigest().encode()


async def two_commands(store: EventStore[Event]) -> None:
    await store.append(to_append(TurnedOn(), TurnedOff()))
    await store.append(to_append(TurnedOn(), after=2, command_id="second"))


def change_by(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def long_log(events: int) -> MemoryLog:
    return recorded_log([(HALL, [TurnedOn()])] * events)
