"""The operator's look into the log: events, streams, states, and whether they hold."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydantic import JsonValue
from pydantic_core import from_json

from clouds_edges.application.plain_values import plain
from clouds_edges.application.vocabulary import folding_of
from clouds_edges.eventsourcing.decider import Refused, StreamName
from clouds_edges.eventsourcing.log_entry import LogEntry
from clouds_edges.eventsourcing.log_reader import Wanted
from clouds_edges.eventsourcing.recorded import from_microseconds
from clouds_edges.eventsourcing.verify import StreamCheck, check_stream
from clouds_edges.protocol.admin_answers import (
    AggregateRow,
    AggregatesPage,
    EventRow,
    EventsPage,
    StateIs,
    StreamChecked,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.application.system import System
    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.eventsourcing.codec import Codec
    from clouds_edges.eventsourcing.log_reader import LogReader
    from clouds_edges.eventsourcing.verify import Folding
    from clouds_edges.protocol.admin import CheckStream, ListAggregates, ListEvents, ShowState
    from clouds_edges.server.pulse import Pulse

_FIRST_MOMENT: Final = datetime.min.replace(tzinfo=UTC)
_LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)


class NoSuchStream(Refused):
    """Nothing is recorded under this name."""

    code = "no_such_stream"


class NoSuchVersion(Refused):
    """The stream has not come to this version, or cannot be read up to it."""

    code = "no_such_version"


class LogView:
    """Answers the questions about what is in the log."""

    def __init__(
        self, system: System, reader: LogReader, codec: Codec[AnyEvent], pulse: Pulse
    ) -> None:
        self._system = system
        self._reader = reader
        self._codec = codec
        self._pulse = pulse

    async def events(self, asked: ListEvents) -> EventsPage:
        """A page of events; when there are none, it may wait for some."""
        beat = self._pulse.beat
        page = await self._events(asked)
        if page.events or not asked.wait_seconds:
            return page
        with suppress(TimeoutError):
            async with asyncio.timeout(asked.wait_seconds):
                while not page.events:
                    await beat.wait()
                    beat = self._pulse.beat
                    after = max(asked.after, page.end)  # what was looked through once is enough
                    page = await self._events(asked.model_copy(update={"after": after}))
        return page

    async def aggregates(self, asked: ListAggregates) -> AggregatesPage:
        """A page of streams."""
        ends = await self._reader.streams(asked.prefix, asked.after, asked.limit + 1)
        page = ends[: asked.limit]
        return AggregatesPage(
            aggregates=tuple(
                AggregateRow(stream=one.stream, version=one.version, at=_moment(one.at))
                for one in page
            ),
            next=page[-1].stream if len(ends) > len(page) else None,
        )

    async def state(self, asked: ShowState) -> StateIs:
        """A state, folded from the events up to its version.

        Raises:
            NoSuchStream: See there.
            NoSuchVersion: See there.
        """
        folding = _folding_of(asked.stream)
        stored = await self._stored(asked.stream)
        version = len(stored) if asked.version is None else asked.version
        if version > len(stored):
            message = f"{asked.stream} is at version {len(stored)}, there is no {version} yet"
            raise NoSuchVersion(message)
        check = await self._check(asked.stream, stored[:version], folding)
        if check.version < version and check.damage is not None:
            message = f"{asked.stream} can be read up to version {check.version} only: "
            raise NoSuchVersion(message + check.damage.what)
        state = await asyncio.to_thread(plain, check.state)
        return StateIs(
            stream=asked.stream,
            version=version,
            latest=len(stored),
            state=state,
            event=event_row(stored[version - 1]) if version else None,
        )

    async def check(self, asked: CheckStream) -> StreamChecked:
        """What can be said for a stream.

        Raises:
            NoSuchStream: See there.
        """
        folding = _folding_of(asked.stream)
        stored = await self._stored(asked.stream)
        check = await self._check(asked.stream, stored, folding)
        problem: str | None = None
        if check.damage is not None:
            problem = check.damage.what
        elif lost := self._system.store.quarantined.get(StreamName(asked.stream)):
            problem = str(lost)
        return StreamChecked(
            stream=asked.stream,
            version=check.version,
            latest=stored[-1].version,
            head=check.head.hex(),
            problem=problem,
        )

    async def _check(
        self, stream: str, stored: Sequence[LogEntry], folding: Folding
    ) -> StreamCheck:
        name = StreamName(stream)
        return await asyncio.to_thread(check_stream, name, stored, self._codec, folding)

    async def _stored(self, stream: str) -> Sequence[LogEntry]:
        stored = await self._reader.stream(StreamName(stream))
        if not stored:
            message = f"nothing is recorded of {stream}"
            raise NoSuchStream(message)
        return stored

    async def _events(self, asked: ListEvents) -> EventsPage:
        end = await self._system.store.end()
        before = end + 1 if asked.before is None else min(asked.before, end + 1)
        wanted = Wanted(
            stream_prefix=asked.stream_prefix,
            kind=asked.event_kind,
            by=asked.actor,
            since=asked.since,
            until=asked.until,
            after=asked.after,
            before=before,
        )
        found = await self._reader.events(wanted, asked.limit + 1, newest_first=asked.newest_first)
        page = found[: asked.limit]
        return EventsPage(
            events=tuple(map(event_row, page)),
            next=page[-1].position if len(found) > len(page) else None,
            end=end,
        )


def _folding_of(stream: str) -> Folding:
    folding = folding_of(StreamName(stream))
    if folding is None:
        message = f"there can be no stream {stream}"
        raise NoSuchStream(message)
    return folding


def event_row(stored: LogEntry) -> EventRow:
    """An event as operators see it."""
    return EventRow(
        position=stored.position,
        stream=stored.stream,
        version=stored.version,
        kind=stored.encoded.kind,
        schema_version=stored.encoded.schema,
        at=_moment(stored.at),
        by=stored.by,
        command_id=stored.command_id,
        cause=stored.cause,
        data=_json_of(stored.encoded.data),
        hash=stored.hash.hex(),
    )


def _json_of(data: bytes) -> JsonValue:
    """The value; what is no JSON, because somebody changed it, is shown in hexadecimal."""
    try:
        value: JsonValue = from_json(data, allow_inf_nan=False)
    except ValueError:
        return f"0x{data.hex()}"
    return value


def _moment(at: int) -> datetime:
    """The time; what is none, because somebody changed it, is the nearest there can be."""
    try:
        return from_microseconds(at)
    except OverflowError:
        return _FIRST_MOMENT if at < 0 else _LAST_MOMENT
