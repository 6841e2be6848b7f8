"""What lines lead to, on the masks of a position: boxes to close, boxes given away, chains.

Lines are places in `Board.lines`; a mask has the bit of each line or box it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clouds_edges.rules.board import Geometry

_SIDES_LEFT_IN_CHAIN: Final = 2


@dataclass(frozen=True, slots=True)
class Chain:
    """Boxes in a row with two free sides each: who opens one gives all of them away."""

    lines: tuple[int, ...]
    boxes: int

    @property
    def length(self) -> int:
        """How many boxes it has."""
        return self.boxes.bit_count()

    @property
    def is_loop(self) -> bool:
        """Whether the chain bites its tail: it has no line leading out."""
        return len(self.lines) == self.length


def free_lines(geometry: Geometry, drawn: int) -> Iterator[int]:
    """Every line not drawn yet."""
    return (line for line in range(len(geometry.lines)) if not drawn >> line & 1)


def closing_lines(geometry: Geometry, drawn: int) -> list[int]:
    """The free lines that close a box."""
    return [
        line for line in free_lines(geometry, drawn) if _fewest_left(geometry, drawn, line) == 1
    ]


def safe_lines(geometry: Geometry, drawn: int) -> list[int]:
    """The free lines that neither close a box nor let the next seat close one."""
    return [
        line
        for line in free_lines(geometry, drawn)
        if _fewest_left(geometry, drawn, line) > _SIDES_LEFT_IN_CHAIN
    ]


def harvest(geometry: Geometry, drawn: int, line: int) -> tuple[int, int]:
    """Draw a line, and then every line that closes a box that this has left with one side.

    Returns:
        The mask of the boxes closed on the way, and the mask of all lines drawn at the end.
    """
    drawn |= 1 << line
    closed = 0
    fresh = [line]
    while fresh:
        for box, around in geometry.around[fresh.pop()]:
            left = around & ~drawn
            if not left:
                closed |= box
            elif left.bit_count() == 1:
                drawn |= left
                fresh.append(left.bit_length() - 1)
    return closed, drawn


def chains(geometry: Geometry, drawn: int) -> list[Chain]:
    """Every chain and loop; a free line that leads into no chain is in none."""
    unseen = geometry.all_lines & ~drawn
    found = []
    while unseen:
        chain = _chain_through(geometry, drawn, unseen.bit_length() - 1)
        unseen &= ~sum(1 << line for line in chain.lines)
        if chain.boxes:
            found.append(chain)
    return found


def _chain_through(geometry: Geometry, drawn: int, line: int) -> Chain:
    lines, fresh = [], [line]
    known, boxes = 1 << line, 0
    while fresh:
        lines.append(fresh.pop())
        for box, around in geometry.around[lines[-1]]:
            left = around & ~drawn
            if left.bit_count() == _SIDES_LEFT_IN_CHAIN:
                boxes |= box
                if onward := left & ~known:
                    known |= onward
                    fresh.append(onward.bit_length() - 1)
    return Chain(tuple(lines), boxes)


def _fewest_left(geometry: Geometry, drawn: int, line: int) -> int:
    """The free sides of the box beside the line that has fewest of them."""
    return min((around & ~drawn).bit_count() for _, around in geometry.around[line])
