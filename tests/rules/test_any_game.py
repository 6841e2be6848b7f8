"""What holds for every game, whatever lines are drawn in it (SPEC, section 1)."""

from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.rules import Line, Position
from tests.rules.positions import games, play, positions


@given(games())
def test_every_order_of_lines_ends_the_game_with_the_last_line_only(
    game: tuple[Position, list[Line]],
) -> None:
    position, lines = game
    for line in lines:
        assert not position.is_over
        assert position.outcome is None
        position = position.draw(line)
    assert position.is_over
    assert position.outcome is not None
    assert sum(position.outcome.scores) == position.board.box_count


@given(games())
def test_scores_are_the_boxes_owned_and_those_are_the_closed_ones(
    game: tuple[Position, list[Line]],
) -> None:
    position, lines = game
    for line in lines:
        closed_by_it = position.boxes_closed_by(line)
        before = sum(position.scores)
        position = position.draw(line)
        owners = [position.owner(box) for box in position.board.boxes]
        closed = [position.sides(box) == 4 for box in position.board.boxes]
        assert [owner is not None for owner in owners] == closed
        assert position.scores == tuple(map(owners.count, range(position.seats)))
        assert sum(position.scores) == before + len(closed_by_it)


@given(games())
def test_the_turn_is_kept_exactly_by_lines_that_close_a_box(
    game: tuple[Position, list[Line]],
) -> None:
    position, lines = game
    for line in lines:
        seat, closes = position.seat_to_draw, bool(position.boxes_closed_by(line))
        position = position.draw(line)
        assert position.seat_to_draw == (seat if closes else (seat + 1) % position.seats)


@given(games())
def test_turns_are_dots_plus_double_crosses(game: tuple[Position, list[Line]]) -> None:
    position, lines = game
    turns = double_crosses = 0
    for line in lines:
        closed = len(position.boxes_closed_by(line))
        position = position.draw(line)
        turns += closed == 0 or position.is_over
        double_crosses += closed == 2
    dots = (position.board.rows + 1) * (position.board.cols + 1)
    assert turns == dots + double_crosses


@given(games(), st.data())
def test_playing_a_part_and_then_the_rest_is_playing_all(
    game: tuple[Position, list[Line]], data: st.DataObject
) -> None:
    start, lines = game
    cut = data.draw(st.integers(0, len(lines)))
    assert play(play(start, lines[:cut]), lines[cut:]) == play(start, lines)


@given(games())
def test_free_and_drawn_lines_share_the_board(game: tuple[Position, list[Line]]) -> None:
    start, lines = game
    half = play(start, lines[: len(lines) // 2])
    assert set(half.drawn_lines) == set(lines[: len(lines) // 2])
    assert set(half.free_lines) == set(lines[len(lines) // 2 :])


@given(positions())
def test_a_game_that_goes_on_waits_for_a_seat_in_play(position: Position) -> None:
    may_draw = [seat for seat in range(position.seats) if position.may_draw(seat)]
    assert may_draw == ([] if position.is_over else [position.seat_to_draw])
    assert position.is_over or position.seat_to_draw not in position.withdrawn
