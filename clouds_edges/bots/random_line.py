"""Any free line will do."""

from random import Random

from clouds_edges.rules import Line, Position


def choose_line(position: Position, dice: Random) -> Line:
    """Choose any free line of a game that is not over."""
    return dice.choice(position.free_lines)
