"""The strategies of the bots: each chooses a free line, and draws chance from what it is given."""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Final, TypeAlias

from clouds_edges.bots import chains, greedy, random_line
from clouds_edges.domain.actors import BotLevel
from clouds_edges.rules import Line, Position

Strategy: TypeAlias = Callable[[Position, Random], Line]
"""Chooses a free line of a game that is not over; the same dice give the same line."""

STRATEGIES: Final[Mapping[BotLevel, Strategy]] = MappingProxyType(
    {
        BotLevel.RANDOM: random_line.choose_line,
        BotLevel.GREEDY: greedy.choose_line,
        BotLevel.CHAINS: chains.choose_line,
    }
)

__all__ = ["STRATEGIES", "Strategy"]
