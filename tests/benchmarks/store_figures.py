"""How fast the SQLite store appends: one event at a time, and many callers at once."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.game.events import LineDrawn
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append
from clouds_edges.rules import parse_line
from tests.benchmarks.figure import Figure

_ONE_BY_ONE = 1000
_EACH = 100
_CALLERS = (16, 128)


async def measure() -> list[Figure]:
    """Events a second, and the same for bare inserts into a bare table."""
    with TemporaryDirectory() as folder:
        bare = _bare(Path(folder) / "bare.db")
        figures = [Figure("yardstick: SQLite, one bare insert a commit", f"{bare:,.0f} events/s")]
        async with SQLiteStore(Path(folder) / "events.db", CODEC) as store:
            for callers, each in ((1, _ONE_BY_ONE), *((many, _EACH) for many in _CALLERS)):
                rate = await _rate(store, callers, each)
                figures.append(
                    Figure(
                        f"SQLite store, {callers} callers"
                        if callers > 1
                        else "SQLite store, alone",
                        f"{rate:,.0f} events/s, {rate / bare:.1f} x the yardstick",
                    )
                )
    return figures


def _bare(path: Path) -> float:
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "WAL")
    connection.pragma("synchronous", "FULL")
    connection.execute("CREATE TABLE events (position INTEGER PRIMARY KEY, data)")
    began = time.perf_counter()
    for _ in range(_ONE_BY_ONE):
        connection.execute("INSERT INTO events (data) VALUES (?)", (b"x" * 60,))
    rate = _ONE_BY_ONE / (time.perf_counter() - began)
    connection.close()
    return rate


async def _rate(store: SQLiteStore[AnyEvent], callers: int, each: int) -> float:
    event = LineDrawn(0, parse_line("b3h"))
    at = datetime(2026, 1, 1, tzinfo=UTC)

    async def call(caller: int) -> None:
        stream = StreamName(f"game/{callers}-{caller}")
        for version in range(each):
            command_id = CommandId(f"{version}")
            await store.append(Append(stream, version, (event,), stream, command_id, b"body", at))

    began = time.perf_counter()
    await asyncio.gather(*map(call, range(callers)))
    return callers * each / (time.perf_counter() - began)
