"""How the best bot closes, hands over and opens, on positions drawn in text.

The hand-overs are those of Berlekamp, "The Dots and Boxes Game" (2000), chapters 2 to 4.
"""

from textwrap import dedent

from clouds_edges.bots.chains import choose_line
from clouds_edges.bots.prospects import chains
from clouds_edges.rules import parse_position
from tests.bots.games import dice


def chosen(text: str) -> str:
    return str(choose_line(parse_position(dedent(text)), dice(1)))


def lengths(text: str) -> list[tuple[int, bool]]:
    position = parse_position(dedent(text))
    found = chains(position.board.geometry, position.drawn)
    return sorted((chain.length, chain.is_loop) for chain in found)


def test_finds_chains_and_loops() -> None:
    position = """
        +---+---+---+---+

        +---+---+---+---+
        |       |
        +   +   +   +---+
        |       |   |
        +---+---+   +   +
        """
    assert lengths(position) == [(1, False), (3, False), (4, False), (4, True)]


def test_a_chain_ends_at_a_joint() -> None:
    position = """
        +---+---+---+

        +---+   +---+
        | A |   | A |
        +---+   +---+
        """
    assert lengths(position) == [(1, False), (1, False), (1, False)]


def test_a_line_that_gives_nothing_away_is_in_no_chain() -> None:
    position = """
        +   +   +

        +   +   +
        """
    assert lengths(position) == []


def test_opens_the_shortest_chain() -> None:
    position = """
        +---+---+---+---+

        +---+---+---+---+
                    | A |
        +---+---+   +---+
        """
    assert chosen(position) in {"a2v", "b2v", "c2v", "c3h"}


def test_opens_a_chain_of_two_in_the_middle_so_that_it_cannot_be_handed_over() -> None:
    position = """
        +---+---+---+

        +---+---+---+
                | A |
        +---+   +---+
        """
    assert chosen(position) == "b2v"


def test_opens_a_loop_before_a_chain_of_the_same_length() -> None:
    position = """
        +---+---+---+---+

        +---+---+---+---+
        |       | A | A |
        +   +   +---+---+
        |       | A | A |
        +---+---+---+---+
        """
    assert chosen(position) in {"b2v", "b3v", "a3h", "b3h"}


def test_takes_every_box_while_a_safe_line_is_left() -> None:
    position = """
        +---+---+---+
        | A |
        +---+---+---+

        +   +   +   +
        """
    assert chosen(position) == "c1v"


def test_takes_the_first_boxes_of_a_chain_before_it_hands_the_rest_over() -> None:
    position = """
        +---+---+---+---+
        | A |
        +---+---+---+---+

        +---+---+---+---+
        """
    assert chosen(position) == "c1v"
    position = """
        +---+---+---+---+
        | A | A |
        +---+---+---+---+

        +---+---+---+---+
        """
    assert chosen(position) == "e1v"


def test_takes_a_chain_whole_when_a_hand_over_gains_nothing() -> None:
    position = """
        +---+---+---+---+
        | A | A |
        +---+---+---+---+
                | A | A |
        +---+   +---+---+
        """
    assert chosen(position) == "d1v"


def test_takes_the_last_chain_whole() -> None:
    position = """
        +---+---+---+---+
        | A | A |
        +---+---+---+---+
        """
    assert chosen(position) == "d1v"


def test_hands_the_last_four_boxes_of_a_loop_over() -> None:
    position = """
        +---+---+---+---+---+---+
        |               | A | A |
        +---+---+---+---+---+---+

        +---+---+---+---+---+---+
        """
    assert chosen(position) == "c1v"


def test_takes_a_loop_whole_when_four_boxes_are_too_high_a_price() -> None:
    position = """
        +---+---+---+---+
        |               |
        +---+---+---+---+

        +---+---+---+---+
        """
    assert chosen(position) in {"b1v", "d1v"}


def test_takes_what_is_short_first_and_keeps_a_chain_for_the_hand_over() -> None:
    position = """
        +---+---+---+---+---+
                | A | A |
        +---+---+---+---+---+

        +---+---+---+---+---+
        """
    assert chosen(position) == "f1v"
    position = """
        +---+---+---+---+---+
                | A | A | A |
        +---+---+---+---+---+

        +---+---+---+---+---+
        """
    assert chosen(position) == "a1v"


def test_two_boxes_closed_by_one_line_are_taken_before_the_hand_over() -> None:
    position = """
        +---+---+---+---+---+---+
                | A | A |       |
        +---+---+---+---+---+---+

        +---+---+---+---+---+---+
        """
    assert chosen(position) == "f1v"


def test_with_three_seats_nothing_is_handed_over() -> None:
    position = """
        +---+---+---+---+
        | A | A |
        +---+---+---+---+

        +---+---+---+---+
        seats ABC, A to draw
        """
    assert chosen(position) == "d1v"


def test_with_two_of_three_seats_left_a_hand_over_pays_again() -> None:
    position = """
        +---+---+---+---+
        | A | A |
        +---+---+---+---+

        +---+---+---+---+
        seats ABC, A to draw, C withdrew
        """
    assert chosen(position) == "e1v"
