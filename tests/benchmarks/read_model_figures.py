"""How fast read models are rebuilt from a big log, and what that costs those who play."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from clouds_edges.application.system import PROJECTIONS, System
from clouds_edges.application.vocabulary import AnyEvent
from clouds_edges.eventsourcing.store import Append, EventStore
from tests.benchmarks.big_log import write_big_log
from tests.benchmarks.figure import Figure
from tests.benchmarks.reading import reading_system

_NAMES: Final = tuple(projection.name for projection in PROJECTIONS)
_LEAST_RATE: Final = 50_000.0
_MOST_TIMES_P99: Final = 2.0
_PACE: Final = 1000.0
"""Appends a second: a thousand players who draw a line each second."""
_USUAL_SECONDS: Final = 15.0


async def measure(events: int = 1_000_000) -> list[Figure]:
    """Rebuild all read models, first alone, then while games go on."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.db"
        appends = await asyncio.to_thread(write_big_log, path, events)
        async with reading_system(Path(folder)) as system:
            alone = events / await _rebuild(system)
            games = _Games(system.store, appends)
            usual = await games.go_on_during(asyncio.sleep(_USUAL_SECONDS))
            began = time.perf_counter()
            during = await games.go_on_during(system.rebuild(*_NAMES))
            busy = await system.store.end() / (time.perf_counter() - began)
    times = during / usual
    return [
        Figure(
            f"rebuild of all read models, {events:,} events",
            f"{alone:,.0f} events/s",
            "50,000 events/s",
            alone >= _LEAST_RATE,
        ),
        Figure(
            f"the same while {_PACE:,.0f} commands a second are recorded",
            f"{busy:,.0f} events/s",
            "50,000 events/s",
            busy >= _LEAST_RATE,
        ),
        Figure(f"an append at {_PACE:,.0f} a second", f"p99 {usual * 1e3:.2f} ms"),
        Figure(
            "the same during a rebuild",
            f"p99 {during * 1e3:.2f} ms, {times:.1f} x the usual",
            "2.0 x",
            times <= _MOST_TIMES_P99,
        ),
    ]


async def _rebuild(system: System) -> float:
    began = time.perf_counter()
    await system.rebuild(*_NAMES)
    return time.perf_counter() - began


class _Games:
    """People who play: each command is given when it is due, however the one before it goes."""

    def __init__(self, store: EventStore[AnyEvent], appends: Iterator[Append[AnyEvent]]) -> None:
        self._store = store
        self._appends = appends

    async def go_on_during(self, work: Coroutine[None, None, object]) -> float:
        """The 99th percentile of an append, in seconds."""
        seconds: list[float] = []
        due = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(work)
            while not working.done():
                tasks.create_task(self._append(next(self._appends), seconds))
                due += 1 / _PACE
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
        return statistics.quantiles(seconds, n=100)[98]

    async def _append(self, append: Append[AnyEvent], seconds: list[float]) -> None:
        began = time.perf_counter()
        await self._store.append(append)
        seconds.append(time.perf_counter() - began)
