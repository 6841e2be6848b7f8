"""`python -m tests.benchmarks`: every figure against its target and the yardstick of this run."""

from __future__ import annotations

import argparse

import uvloop
from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    path_figures,
    read_model_figures,
    rules_figures,
    start_figures,
    store_figures,
    terminal_figures,
)
from tests.benchmarks.figure import Figure


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--games", type=int, default=200, help="games at once (default: 200)")
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="events in a large log (default: a million)"
    )
    options = parser.parse_args()
    figures: list[Figure] = [
        *rules_figures.measure(),
        *uvloop.run(store_figures.measure()),
        *uvloop.run(path_figures.measure(options.games)),
        *uvloop.run(read_model_figures.measure(options.events)),
        *terminal_figures.measure(),
        *start_figures.measure(options.events),
    ]
    table = Table("figure", "measured", "target", "", title="clouds-edges, measured now")
    for figure in figures:
        table.add_row(figure.name, figure.measured, figure.target, figure.verdict)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
