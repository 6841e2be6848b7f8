from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.rules import (
    Board,
    Box,
    ImpossibleBoard,
    ImpossiblePosition,
    MalformedBoard,
    MalformedLine,
    MalformedPosition,
    Position,
    format_board,
    format_line,
    format_position,
    parse_board,
    parse_line,
    parse_position,
)
from tests.rules.positions import boards, play, positions

LARGEST = Board(20, 20)


def test_every_line_of_the_largest_board_is_written_in_one_way() -> None:
    texts = {format_line(line): line for line in LARGEST.lines}
    assert len(texts) == LARGEST.line_count
    assert all(parse_line(text) == line for text, line in texts.items())


@pytest.mark.parametrize(
    "text",
    [
        "", "b3", "3bh", "B3h", "b3H", "b03h", "b0h", "b22h", "v1h", "b3x", "b3h ", " b3h",
        "b3h\n", "b٣h", "b-1h", "bb3h", "b3hh", "é1h",
    ],
)  # fmt: skip
def test_anything_else_is_not_a_line(text: str) -> None:
    with pytest.raises(MalformedLine, match=r"is not a line.*as in 'b3h'") as caught:
        parse_line(text)
    assert caught.value.text == text


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(MalformedLine) as caught:
        parse_line("x" * 5000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "board"),
    [
        ("small", Board(3, 3)),
        ("medium", Board(5, 5)),
        ("Large", Board(7, 7)),
        ("2x3", Board(2, 3)),
        ("2 x 3", Board(2, 3)),
        (" 2X3 boxes ", Board(2, 3)),
        ("20x1", Board(20, 1)),
    ],
)
def test_a_size_is_a_name_or_rows_x_columns(text: str, board: Board) -> None:
    assert parse_board(text) == board


@pytest.mark.parametrize(
    "text", ["", "huge", "5", "5x", "5x5x5", "5*5", "-5x5", "5x5 dots", "\u0665x5"]
)
def test_anything_else_is_not_a_size(text: str) -> None:
    with pytest.raises(MalformedBoard, match="is not a size") as caught:
        parse_board(text)
    assert caught.value.text == text


@pytest.mark.parametrize("text", ["0x5", "5x21", "999x999"])
def test_a_size_that_no_board_has_is_refused_as_such(text: str) -> None:
    with pytest.raises(ImpossibleBoard):
        parse_board(text)


@given(boards)
def test_a_size_is_read_as_it_is_written(board: Board) -> None:
    assert parse_board(format_board(board)) == board


DRAWN = dedent("""\
    +---+---+   +
    | A |       |
    +---+   +---+
        |   | C |
    +   +   +---+
    seats ABC, B to draw""")


def test_a_position_is_drawn_with_dots_lines_and_owners() -> None:
    position = parse_position(DRAWN)
    assert position.board == Board(rows=2, cols=3)
    assert {str(line) for line in position.drawn_lines} == {
        *("a1h", "b1h", "a2h", "c2h", "c3h"),
        *("a1v", "b1v", "d1v", "b2v", "c2v", "d2v"),
    }
    assert [position.owner(box) for box in position.board.boxes] == [0, None, None, None, None, 2]
    assert (position.seats, position.seat_to_draw, position.withdrawn) == (3, 1, frozenset())
    assert format_position(position) == DRAWN


def test_without_the_last_row_two_seats_play_and_the_first_draws() -> None:
    assert parse_position("+   +\n\n+   +") == Position.start(Board(1, 1))


def test_seats_that_withdrew_are_named() -> None:
    text = "+   +\n\n+   +\nseats ABCD, B to draw, AD withdrew"
    position = parse_position(text)
    assert position.withdrawn == {0, 3}
    assert format_position(position) == text


def test_a_game_won_by_resignation_can_be_drawn() -> None:
    position = Position.start(Board(1, 1)).withdraw(0)
    assert format_position(position).endswith("seats AB, A to draw, A withdrew")
    assert parse_position(format_position(position)) == position


@given(positions())
def test_a_position_is_read_as_it_is_drawn(position: Position) -> None:
    text = format_position(position)
    assert parse_position(text) == position
    assert format_position(parse_position(text)) == text


@given(positions(), st.sampled_from(["\n", "\n\n"]), st.integers(0, 3))
def test_space_around_a_drawing_does_not_matter(
    position: Position, around: str, spaces: int
) -> None:
    text = around + format_position(position).replace("\n", " " * spaces + "\n") + around
    assert parse_position(text) == position


def test_the_largest_board_can_be_drawn() -> None:
    position = play(Position.start(LARGEST, seats=4), list(LARGEST.lines))
    assert parse_position(format_position(position)) == position


def one_box(*, top: str = "+---+", middle: str = "| A |", bottom: str = "+---+") -> str:
    return f"{top}\n{middle}\n{bottom}"


def test_the_drawing_that_the_malformed_ones_come_from_is_well_formed() -> None:
    assert parse_position(one_box()).owner(Box(0, 0)) == 0


@pytest.mark.parametrize(
    ("text", "row", "reason"),
    [
        ("", 1, "whole boxes"),
        ("seats AB, A to draw", 1, "whole boxes"),
        ("+---+", 1, "a board of 0x1 boxes"),
        ("+\n|\n+", 1, "a board of 1x0 boxes"),
        ("+---+\n| A |", 1, "whole boxes"),
        (one_box(top="+--+"), 1, "whole boxes"),
        (one_box(top="+---+---+"), 1, "whole boxes"),
        ("\n\n".join(["+" + "   +" * 21] * 2), 1, "a board of 1x21 boxes"),
        ("\n\n".join(["+   +"] * 22), 1, "a board of 21x1 boxes"),
        (one_box(top="+-- +"), 1, "neither"),
        (one_box(top="*---*"), 1, "neither"),
        (one_box(middle="|A  |"), 2, "neither"),
        (one_box(middle="| E |"), 2, "neither"),
        (one_box(middle="| A ||"), 2, "neither"),
        (one_box(bottom="+===+"), 3, "neither"),
        (one_box() + "\nseats ABD, A to draw", 4, "expected 'seats AB, A to draw'"),
        (one_box() + "\nseats A, A to draw", 4, "expected"),
        (one_box() + "\nseats AB", 4, "expected"),
        (one_box() + "\nseats AB, A to draw,", 4, "expected"),
    ],
)
def test_a_drawing_that_is_not_one_of_a_board_is_malformed(
    text: str, row: int, reason: str
) -> None:
    with pytest.raises(
        MalformedPosition, match=f"line {row} of the position: .*{reason}"
    ) as caught:
        parse_position(text)
    assert type(caught.value) is MalformedPosition
    assert caught.value.row == row


@pytest.mark.parametrize(
    ("text", "row", "reason"),
    [
        (one_box(middle="|   |"), 2, "the closed box 1 has no owner"),
        (one_box(middle="| C |"), 2, "the closed box 1 has no owner"),
        (one_box(middle="| A"), 2, "the open box 1 has an owner"),
        (one_box() + "\nseats AB, C to draw", 4, "not there"),
        (one_box() + "\nseats AB, A to draw, C withdrew", 4, "not there"),
        (one_box() + "\nseats ABC, A to draw, BB withdrew", 4, "or twice"),
        (one_box() + "\nseats ABC, C to draw, BA withdrew", 4, "or twice"),
        (one_box() + "\nseats AB, A to draw, AB withdrew", 4, "nobody is left"),
        (one_box() + "\nseats ABC, A to draw, A withdrew", 4, "nobody is left"),
    ],
)
def test_a_drawing_that_contradicts_itself_is_impossible(text: str, row: int, reason: str) -> None:
    with pytest.raises(ImpossiblePosition, match=f"line {row} of the position: .*{reason}"):
        parse_position(text)


@given(st.text(alphabet="+-| ABE\n", max_size=60))
def test_any_text_is_a_position_or_malformed(text: str) -> None:
    try:
        position = parse_position(text)
    except MalformedPosition:
        return
    assert parse_position(format_position(position)) == position
