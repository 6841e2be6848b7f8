"""Whole games between bots, with seeded dice."""

from collections.abc import Iterator
from random import Random

from clouds_edges.bots import Strategy
from clouds_edges.rules import Board, Outcome, Position


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - games, not secrets


def positions(strategies: tuple[Strategy, ...], board: Board, seed: int) -> Iterator[Position]:
    """Every position of a game, the empty and the full one included; the seed says who begins."""
    chance = dice(seed)
    position = Position.start(board, len(strategies), first=seed % len(strategies))
    yield position
    while not position.is_over:
        position = position.draw(strategies[position.seat_to_draw](position, chance))
        yield position


def outcome(strategies: tuple[Strategy, ...], board: Board, seed: int) -> Outcome:
    *_, last = positions(strategies, board, seed)
    assert last.outcome is not None
    return last.outcome
