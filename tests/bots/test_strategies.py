"""What holds for every bot, and which of them plays better."""

from functools import cache
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.bots import STRATEGIES, Strategy
from clouds_edges.bots.prospects import safe_lines
from clouds_edges.domain.actors import BotLevel
from clouds_edges.rules import Board, Line, Position
from tests.bots.games import dice, outcome, positions

RANDOM, GREEDY, CHAINS = (STRATEGIES[level] for level in BotLevel)
GAMES = 60

every_strategy = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES.keys())


@st.composite
def positions_in_play(draw: st.DrawFn) -> Position:
    board = Board(draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    lines = draw(st.permutations(board.lines))
    position = Position.start(board, seats=draw(st.integers(2, 4)))
    for line in lines[: draw(st.integers(0, len(lines) - 1))]:
        position = position.draw(line)
    return position


def test_every_level_has_a_strategy() -> None:
    assert set(STRATEGIES) == set(BotLevel)


@every_strategy
@given(position=positions_in_play(), seed=st.integers())
def test_a_bot_chooses_a_free_line(strategy: Strategy, position: Position, seed: int) -> None:
    assert strategy(position, dice(seed)) in position.free_lines


@every_strategy
@given(position=positions_in_play(), seed=st.integers())
def test_the_same_dice_give_the_same_line(
    strategy: Strategy, position: Position, seed: int
) -> None:
    assert strategy(position, dice(seed)) == strategy(position, dice(seed))


@every_strategy
@pytest.mark.parametrize("seats", [2, 3, 4])
def test_bots_play_a_game_to_its_end(strategy: Strategy, seats: int) -> None:
    result = outcome((strategy,) * seats, Board(4, 6), seed=7)
    assert sum(result.scores) == 24


@every_strategy
def test_a_bot_plays_on_after_a_seat_has_withdrawn(strategy: Strategy) -> None:
    position = Position.start(Board(3, 3), seats=3).withdraw(1)
    chance = dice(3)
    while not position.is_over:
        assert position.seat_to_draw != 1
        position = position.draw(strategy(position, chance))
    assert position.scores[1] == 0


@pytest.mark.parametrize(
    ("better", "worse", "fewest_wins"),
    [(GREEDY, RANDOM, 58), (CHAINS, RANDOM, 58), (CHAINS, GREEDY, 55)],
    ids=["greedy-random", "chains-random", "chains-greedy"],
)
def test_a_better_bot_wins_nearly_always(
    better: Strategy, worse: Strategy, fewest_wins: int
) -> None:
    wins = sum(outcome((better, worse), Board(5, 5), seed).winner == 0 for seed in range(GAMES))
    assert wins >= fewest_wins


def test_a_bot_against_itself_wins_about_half() -> None:
    """The control of the comparison above: it does not favour a seat."""
    wins = sum(outcome((CHAINS, CHAINS), Board(5, 5), seed).winner == 0 for seed in range(GAMES))
    assert 15 <= wins <= 45


@every_strategy
@pytest.mark.parametrize("lines_drawn", [0, 420, 700, 839])
def test_a_bot_is_quick_on_the_largest_board(strategy: Strategy, lines_drawn: int) -> None:
    position = _crowded_positions()[lines_drawn]
    assert min(_seconds_to_choose(strategy, position) for _ in range(5)) < 0.020


@cache
def _crowded_positions() -> list[Position]:
    return list(positions((CHAINS, CHAINS), Board(20, 20), seed=1))


def _seconds_to_choose(strategy: Strategy, position: Position) -> float:
    begin = perf_counter()
    strategy(position, dice(0))
    return perf_counter() - begin


@given(position=positions_in_play(), seed=st.integers())
def test_greedy_closes_a_box_whenever_it_can(position: Position, seed: int) -> None:
    can_close = any(map(position.boxes_closed_by, position.free_lines))
    closes = bool(position.boxes_closed_by(GREEDY(position, dice(seed))))
    assert closes == can_close


@pytest.mark.parametrize("strategy", [GREEDY, CHAINS], ids=["greedy", "chains"])
@given(position=positions_in_play(), seed=st.integers())
def test_no_box_is_given_away_while_a_safe_line_exists(
    strategy: Strategy, position: Position, seed: int
) -> None:
    safe = [line for line in position.free_lines if _is_safe(position, line)]
    line = strategy(position, dice(seed))
    if safe:
        assert line in safe or position.boxes_closed_by(line)


@given(position=positions_in_play())
def test_safe_lines_are_those_after_which_nobody_closes_a_box_there(position: Position) -> None:
    geometry = position.board.geometry
    found = {geometry.lines[index] for index in safe_lines(geometry, position.drawn)}
    assert found == {line for line in position.free_lines if _is_safe(position, line)}


def _is_safe(position: Position, line: Line) -> bool:
    return all(position.sides(box) < 2 for box in position.board.boxes_beside(line))
