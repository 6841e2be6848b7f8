"""Takes the box at hand and looks one line ahead."""

from random import Random

from clouds_edges.bots.prospects import closing_lines, free_lines, safe_lines
from clouds_edges.rules import Line, Position


def choose_line(position: Position, dice: Random) -> Line:
    """Close a box; else give none away; else choose any free line of a game that is not over."""
    geometry, drawn = position.board.geometry, position.drawn
    lines = (
        closing_lines(geometry, drawn)
        or safe_lines(geometry, drawn)
        or list(free_lines(geometry, drawn))
    )
    return geometry.lines[dice.choice(lines)]
