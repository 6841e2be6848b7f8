"""The path of a line against the yardstick of the same run."""

from __future__ import annotations

from tests.benchmarks.figure import Figure
from tests.benchmarks.line_path import Measured, our_tables, yardstick_tables
from tests.benchmarks.line_path import measure as measure_tables

_PACE = 2000.0
_LEAST_LINES = 8000.0
_LEAST_SHARE = 0.40
_MOST_P99 = 0.005
_MOST_TIMES_P99 = 3.0


async def measure(games: int) -> list[Figure]:
    """As fast as it goes, and at a pace; first the yardstick, then the server."""
    async with yardstick_tables(games) as tables:
        bare = await measure_tables(tables, None)
    async with our_tables(games) as tables:
        ours = await measure_tables(tables, None)
    async with yardstick_tables(games) as tables:
        bare_paced = await measure_tables(tables, _PACE)
    async with our_tables(games) as tables:
        ours_paced = await measure_tables(tables, _PACE)
    share = ours.lines_a_second / bare.lines_a_second
    times = ours_paced.p99 / bare_paced.p99
    return [
        Figure(f"yardstick: path of a line, {games} games", _rate(bare)),
        Figure(
            f"path of a line, {games} games",
            _rate(ours),
            "8,000 lines/s",
            ours.lines_a_second >= _LEAST_LINES,
        ),
        Figure(
            "the same as a share of the yardstick", f"{share:.0%}", "40%", share >= _LEAST_SHARE
        ),
        Figure("yardstick: to the opponent at 2,000 lines/s", _latency(bare_paced)),
        Figure(
            "to the opponent at 2,000 lines/s",
            _latency(ours_paced),
            "p99 < 5 ms",
            ours_paced.p99 < _MOST_P99,
        ),
        Figure("its p99 in yardsticks", f"{times:.1f}", "3.0", times <= _MOST_TIMES_P99),
    ]


def _rate(measured: Measured) -> str:
    return f"{measured.lines_a_second:,.0f} lines/s"


def _latency(measured: Measured) -> str:
    return f"median {measured.median * 1e3:.2f} ms, p99 {measured.p99 * 1e3:.2f} ms"
