"""How fast the rules are, alone."""

from __future__ import annotations

import random
import statistics
import time

from clouds_edges.rules import Board, Position
from tests.benchmarks.figure import Figure

_GAMES = 300
_MOST_MICROSECONDS_A_DRAW = 5.0
_MOST_MILLISECONDS_A_GAME = 1.0


def measure() -> list[Figure]:
    """Random games of 5x5 boxes, shuffling included in the game and not in the draw."""
    chance = random.Random(1)  # noqa: S311 - the same games each time
    board = Board(5, 5)
    seconds = []
    for _ in range(_GAMES):
        lines = list(board.lines)
        chance.shuffle(lines)
        position = Position.start(board)
        began = time.perf_counter()
        for line in lines:
            position = position.draw(line)
        seconds.append(time.perf_counter() - began)
    game = statistics.median(seconds)
    draw = game / board.line_count * 1e6
    return [
        Figure(
            "Position.draw, median of 5x5 games",
            f"{draw:.1f} µs",
            "< 5 µs",
            draw < _MOST_MICROSECONDS_A_DRAW,
        ),
        Figure(
            "a random game of 5x5 boxes",
            f"{game * 1e3:.2f} ms",
            "< 1 ms",
            game * 1e3 < _MOST_MILLISECONDS_A_GAME,
        ),
    ]
