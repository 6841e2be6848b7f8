"""The value of small boards, searched with the rules themselves, against published values.

These do not prove the extra turn: a game without it has the same values on some boards. The rules
are tested on positions, in test_position.py.
"""

import pytest

from clouds_edges.rules import Board, Line, Position

BEST_PLAY = [
    # rows, cols, boxes of the first seat minus those of the other
    (1, 1, -1),
    (1, 2, 0),
    (1, 3, -1),
    (2, 2, +2),
    (2, 3, -2),
]
"""From the table in section 1 of the specification; larger ones are in J. K. Barker and R. E. Korf,
"Solving Dots-And-Boxes" (AAAI 2012)."""


@pytest.mark.parametrize(("rows", "cols", "margin"), BEST_PLAY)
def test_best_play_has_the_published_margin(rows: int, cols: int, margin: int) -> None:
    assert margin_to_come(Position.start(Board(rows, cols)), {}) == margin


def margin_to_come(position: Position, known: dict[int, int]) -> int:
    """What the seat to draw gets of the open boxes, minus what the other gets of them.

    It depends on the lines drawn alone, so those are the key.
    """
    if position.is_over:
        return 0
    if position.drawn not in known:
        known[position.drawn] = max(
            _margin_of(position, line, known) for line in position.free_lines
        )
    return known[position.drawn]


def _margin_of(before: Position, line: Line, known: dict[int, int]) -> int:
    after = before.draw(line)
    gained = sum(after.scores) - sum(before.scores)
    keeps_turn = after.seat_to_draw == before.seat_to_draw
    to_come = margin_to_come(after, known)
    return gained + (to_come if keeps_turn else -to_come)
