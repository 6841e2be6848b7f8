"""The rules of the game, on positions drawn in text."""

from textwrap import dedent

import pytest

from clouds_edges.rules import (
    Board,
    Box,
    Ending,
    GameIsOver,
    IllegalLine,
    ImpossibleSeats,
    LineOffBoard,
    LineTaken,
    Outcome,
    Position,
    RulesError,
    format_position,
    parse_line,
    parse_position,
)
from tests.rules.positions import play


def position_of(text: str) -> Position:
    return parse_position(dedent(text))


def after(text: str, *lines: str) -> str:
    return format_position(play(position_of(text), [parse_line(line) for line in lines]))


def drawing(text: str) -> str:
    return dedent(text).strip("\n")


ONE_SIDE_MISSING = """
    +---+---+
    |
    +---+   +
    seats AB, B to draw
    """
TWO_BOXES_MISSING_ONE_SIDE = """
    +---+---+
    |       |
    +---+---+
    seats AB, B to draw
    """


def test_a_line_that_closes_nothing_passes_the_turn() -> None:
    assert after("+   +\n\n+   +", "a1h") == drawing("""
        +---+

        +   +
        seats AB, B to draw
        """)


def test_closing_a_box_scores_it_and_keeps_the_turn() -> None:
    assert after(ONE_SIDE_MISSING, "b1v") == drawing("""
        +---+---+
        | B |
        +---+   +
        seats AB, B to draw
        """)


def test_closing_two_boxes_with_one_line_scores_both_and_keeps_the_turn() -> None:
    full = after(TWO_BOXES_MISSING_ONE_SIDE, "b1v")
    assert full == drawing("""
        +---+---+
        | B | B |
        +---+---+
        seats AB, B to draw
        """)
    assert parse_position(full).scores == (0, 2)


def test_a_double_box_in_the_middle_of_a_game_keeps_the_turn() -> None:
    assert after(
        """
        +---+---+---+
        |       |
        +---+---+   +
        seats ABC, C to draw
        """,
        "b1v",
    ) == drawing("""
        +---+---+---+
        | C | C |
        +---+---+   +
        seats ABC, C to draw
        """)


def test_a_box_may_be_declined() -> None:
    assert after(ONE_SIDE_MISSING, "c1v") == drawing("""
        +---+---+
        |       |
        +---+   +
        seats AB, A to draw
        """)


def test_the_extra_turn_ends_with_a_line_that_closes_nothing() -> None:
    assert after(ONE_SIDE_MISSING, "b1v", "c1v").endswith("seats AB, A to draw")


@pytest.mark.parametrize("seats", [2, 3, 4])
def test_seats_take_turns_in_order(seats: int) -> None:
    position = Position.start(Board(5, 5), seats, first=1)
    order = []
    for line in position.board.lines[: 2 * seats]:
        order.append(position.seat_to_draw)
        position = position.draw(line)
    assert order == [*range(1, seats), 0] * 2


def test_only_the_seat_to_draw_may_draw_and_nobody_after_the_end() -> None:
    position = position_of(TWO_BOXES_MISSING_ONE_SIDE)
    assert [position.may_draw(seat) for seat in range(2)] == [False, True]
    full = position.draw(parse_line("b1v"))
    assert [full.may_draw(seat) for seat in range(2)] == [False, False]


@pytest.mark.parametrize(
    ("line", "error", "reason"),
    [
        ("a1h", LineTaken, "a1h is already drawn"),
        ("c1h", LineOffBoard, "c1h is not on the board"),
        ("a2v", LineOffBoard, "a2v is not on the board"),
    ],
)
def test_an_illegal_line_is_refused_with_the_line_and_the_board(
    line: str, error: type[IllegalLine], reason: str
) -> None:
    with pytest.raises(error) as caught:
        position_of(ONE_SIDE_MISSING).draw(parse_line(line))
    assert str(caught.value) == f"{reason} (the board has 1x2 boxes)"
    assert (caught.value.line, caught.value.board) == (parse_line(line), Board(1, 2))


@pytest.mark.parametrize("line", ["a1h", "u21h"])
def test_after_the_end_every_line_is_refused_because_of_the_end(line: str) -> None:
    full = position_of(TWO_BOXES_MISSING_ONE_SIDE).draw(parse_line("b1v"))
    with pytest.raises(GameIsOver, match="the game is over"):
        full.draw(parse_line(line))


def test_a_refused_line_changes_nothing() -> None:
    position = position_of(ONE_SIDE_MISSING)
    with pytest.raises(LineTaken):
        position.draw(parse_line("a1h"))
    assert position == position_of(ONE_SIDE_MISSING)


@pytest.mark.parametrize("seats", [-1, 0, 1, 5])
def test_a_game_has_2_to_4_seats(seats: int) -> None:
    with pytest.raises(ImpossibleSeats, match=f"2 to 4 seats, not {seats}"):
        Position.start(Board(1, 1), seats)


@pytest.mark.parametrize("first", [-1, 3])
def test_one_of_the_seats_begins(first: int) -> None:
    with pytest.raises(ImpossibleSeats, match=f"seat {first} cannot begin a game of 3"):
        Position.start(Board(1, 1), 3, first)


def test_everything_the_rules_refuse_is_one_family() -> None:
    assert issubclass(ImpossibleSeats, RulesError)
    assert issubclass(LineTaken, RulesError)


def test_a_position_tells_what_a_line_would_close() -> None:
    one, two = position_of(ONE_SIDE_MISSING), position_of(TWO_BOXES_MISSING_ONE_SIDE)
    closing = parse_line("b1v")
    assert one.boxes_closed_by(closing) == (Box(0, 0),)
    assert two.boxes_closed_by(closing) == (Box(0, 0), Box(1, 0))
    assert one.boxes_closed_by(parse_line("b2h")) == ()
    assert one.draw(closing).boxes_closed_by(closing) == ()
    with pytest.raises(LineOffBoard):
        one.boxes_closed_by(parse_line("a2v"))


def test_a_position_tells_lines_sides_and_owners() -> None:
    position = position_of(ONE_SIDE_MISSING)
    assert position.is_drawn(parse_line("a1h"))
    assert not position.is_drawn(parse_line("b1v"))
    assert [str(line) for line in position.free_lines] == ["b2h", "b1v", "c1v"]
    assert [position.sides(box) for box in position.board.boxes] == [3, 1]
    assert position.owner(Box(0, 0)) is None
    assert position.draw(parse_line("b1v")).owner(Box(0, 0)) == 1
    with pytest.raises(LineOffBoard):
        position.is_drawn(parse_line("a2v"))


def outcome_of(text: str) -> Outcome | None:
    return position_of(text).outcome


def test_a_game_that_goes_on_has_no_outcome() -> None:
    assert outcome_of(ONE_SIDE_MISSING) is None


def test_most_boxes_win() -> None:
    outcome = outcome_of("""
        +---+---+---+
        | B | A | B |
        +---+---+---+
        """)
    assert outcome == Outcome(Ending.PLAYED_OUT, scores=(1, 2), winners=(1,))
    assert outcome.winner == 1
    assert not outcome.is_draw


def test_equal_top_scores_are_a_draw() -> None:
    outcome = outcome_of("""
        +---+---+---+---+---+
        | C | B | A | C | B |
        +---+---+---+---+---+
        seats ABC, B to draw
        """)
    assert outcome == Outcome(Ending.PLAYED_OUT, scores=(1, 2, 2), winners=(1, 2))
    assert outcome.winner is None
    assert outcome.is_draw


def test_a_cancelled_game_has_no_winner_and_is_no_draw() -> None:
    outcome = Outcome(Ending.CANCELLED, scores=(0, 0), winners=())
    assert outcome.winner is None
    assert not outcome.is_draw


def test_of_two_seats_the_one_that_stays_wins_whatever_the_score() -> None:
    position = position_of("""
        +---+---+
        | B |
        +---+   +
        seats AB, B to draw
        """).withdraw(1)
    assert position.is_over
    assert position.outcome == Outcome(Ending.RESIGNED, scores=(0, 1), winners=(0,))
    with pytest.raises(GameIsOver):
        position.draw(parse_line("c1v"))


def test_of_three_seats_the_others_play_on() -> None:
    position = Position.start(Board(2, 2), seats=3).withdraw(1)
    assert not position.is_over
    order = []
    for line in position.board.lines[:4]:
        order.append(position.seat_to_draw)
        position = position.draw(line)
    assert order == [0, 2, 0, 2]


def test_when_the_seat_to_draw_withdraws_the_next_one_draws() -> None:
    position = Position.start(Board(1, 1), seats=4, first=2).withdraw(3)
    assert position.seat_to_draw == 2
    assert position.withdraw(2).seat_to_draw == 0


def test_a_seat_that_withdrew_keeps_its_boxes_but_cannot_win() -> None:
    outcome = outcome_of("""
        +---+---+---+---+---+
        | A | A | A | B | C |
        +---+---+---+---+---+
        seats ABC, C to draw, A withdrew
        """)
    assert outcome == Outcome(Ending.PLAYED_OUT, scores=(3, 1, 1), winners=(1, 2))


@pytest.mark.parametrize("seat", [-1, 1, 3])
def test_only_a_seat_in_play_can_withdraw(seat: int) -> None:
    position = Position.start(Board(1, 1), seats=3).withdraw(1)
    with pytest.raises(ImpossibleSeats, match=f"seat {seat} is not in play"):
        position.withdraw(seat)


def test_nobody_withdraws_after_the_end() -> None:
    with pytest.raises(ImpossibleSeats):
        Position.start(Board(1, 1)).withdraw(0).withdraw(1)
