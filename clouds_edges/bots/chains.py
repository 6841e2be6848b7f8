"""Counts chains: keeps safe lines for last, opens what costs least, and stays in control.

The hand-over (double-dealing move) and the counting of chains are in Elwyn Berlekamp, "The Dots
and Boxes Game: Sophisticated Child's Play" (A K Peters, 2000), chapters 1 to 4. Chains and loops
are valued one by one, as if they did not touch; where they meet in a joint, that is an estimate.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from clouds_edges.bots.prospects import chains, closing_lines, harvest, safe_lines
from clouds_edges.rules import MIN_SEATS, Line, Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clouds_edges.bots.prospects import Chain
    from clouds_edges.rules.board import Geometry

_SHORTEST_LONG_CHAIN: Final = 3
"""A chain of two is opened in the middle, and then allows no hand-over."""


def choose_line(position: Position, dice: Random) -> Line:
    """Close boxes, or hand the last of them over; else stay safe; else open what costs least."""
    geometry, drawn = position.board.geometry, position.drawn
    if closing := closing_lines(geometry, drawn):
        is_duel = position.seats - len(position.withdrawn) == MIN_SEATS
        hand_over = _hand_over(geometry, drawn, closing) if is_duel else None
        line = _shortest_run(geometry, drawn, closing) if hand_over is None else hand_over
    elif safe := safe_lines(geometry, drawn):
        line = dice.choice(safe)
    else:
        line = _cheapest_opening(geometry, drawn)
    return geometry.lines[line]


def _shortest_run(geometry: Geometry, drawn: int, closing: list[int]) -> int:
    """Finish what is short first: the last run is the one that can be handed over."""
    return min(closing, key=lambda line: harvest(geometry, drawn, line)[1].bit_count())


def _hand_over(geometry: Geometry, drawn: int, closing: list[int]) -> int | None:
    """The line that leaves the last boxes to the opponent, when that pays.

    There is one for the last two boxes of a chain: its far end; and one for the last four of a
    loop: between the second and the third. Closing all instead means to open the next chain.
    """
    closed, after = 0, drawn
    for line in closing:
        if not after >> line & 1:
            boxes, after = harvest(geometry, after, line)
            closed |= boxes
    between = after & ~drawn & ~sum(1 << line for line in closing)
    if between.bit_count() != 1 or safe_lines(geometry, drawn):
        return None
    line = between.bit_length() - 1
    ends = _boxes_beside(geometry, line, closed)
    given = closed.bit_count()
    if ends != len(closing) or given != 2 * ends:
        return None
    pays = _worth_of_opening(chains(geometry, after)) < -given
    return line if pays else None


def _worth_of_opening(found: Iterable[Chain]) -> int:
    """The margin, in boxes, of the seat that must open the first of these chains.

    The shortest is opened first. The other seat takes a chain whole and opens the next one, or
    hands its end over and does not have to.
    """
    worth = 0
    for chain in sorted(found, key=_order_of_opening, reverse=True):
        take_all = chain.length + worth
        given = 4 if chain.is_loop else 2
        hand_over = chain.length - 2 * given - worth
        is_long = chain.length >= _SHORTEST_LONG_CHAIN
        worth = -max(take_all, hand_over) if is_long else -take_all
    return worth


def _order_of_opening(chain: Chain) -> tuple[int, bool]:
    """Short before long; of equal ones the loop, which costs more to hand over."""
    return chain.length, not chain.is_loop


def _cheapest_opening(geometry: Geometry, drawn: int) -> int:
    """A line that costs fewest boxes; inside a chain of two, it leaves nothing to hand over."""

    def cost(chain: Chain) -> tuple[int, bool]:
        taken, _ = harvest(geometry, drawn, chain.lines[0])
        return taken.bit_count(), not chain.is_loop

    chain = min(chains(geometry, drawn), key=cost)
    return max(chain.lines, key=lambda line: _boxes_beside(geometry, line, chain.boxes))


def _boxes_beside(geometry: Geometry, line: int, boxes: int) -> int:
    return sum(1 for box, _ in geometry.around[line] if box & boxes)
