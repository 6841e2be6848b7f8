"""Lines on the canvas, and the way from one to the next."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.client.widgets.board_geometry import (
    Move,
    canvas_size,
    line_at,
    middle_line,
    moved,
    next_free_line,
    previous_free_line,
    region_of,
    region_of_box,
)
from clouds_edges.rules import Board, Box, Direction, Line, Position, parse_line

boards = st.builds(Board, st.integers(1, 20), st.integers(1, 20))


@st.composite
def positions(draw: st.DrawFn) -> Position:
    board = draw(st.builds(Board, st.integers(1, 4), st.integers(1, 4)))
    lines = draw(st.lists(st.sampled_from(board.lines), unique=True))
    return reduce(Position.draw, lines, Position.start(board))


@given(boards)
def test_every_cell_of_a_line_means_that_line(board: Board) -> None:
    for line in board.lines:
        cells = region_of(line)
        for x in range(cells.x, cells.x + cells.width):
            for y in range(cells.y, cells.y + cells.height):
                assert line_at(board, x, y) == line


@given(boards)
def test_lines_boxes_and_dots_fill_the_canvas_without_overlap(board: Board) -> None:
    width, height = canvas_size(board)
    regions = [*map(region_of, board.lines), *map(region_of_box, board.boxes)]
    dots = (board.rows + 1) * (board.cols + 1)
    assert sum(cells.width * cells.height for cells in regions) + dots == width * height


@given(boards, st.integers(-5, 100), st.integers(-5, 60))
def test_a_cell_means_a_line_of_the_board_or_none(board: Board, x: int, y: int) -> None:
    line = line_at(board, x, y)
    assert line is None or line in board


def test_the_largest_board_without_scrolling_at_80x24_has_10x10_boxes() -> None:
    assert canvas_size(Board(10, 10)) == (41, 21)


def test_a_dot_and_the_middle_of_a_box_mean_no_line() -> None:
    assert line_at(Board(3, 3), 4, 2) is None
    assert line_at(Board(3, 3), 6, 3) is None


def test_the_cells_beside_a_vertical_line_mean_it_too() -> None:
    assert line_at(Board(3, 3), 3, 1) == line_at(Board(3, 3), 5, 1) == parse_line("b1v")


def test_a_box_lies_between_its_lines() -> None:
    cells = region_of_box(Box(1, 2))
    assert (cells.x, cells.y, cells.width, cells.height) == (5, 5, 3, 1)


@pytest.mark.parametrize(
    ("begin", "moves", "end"),
    [
        ("b2h", "right", "c2h"),
        ("b2h", "left", "a2h"),
        ("b2h", "down", "b2v"),
        ("b2h", "up", "b1v"),
        ("b2v", "right", "c2v"),
        ("b2v", "down", "b3h"),
        ("b2h", "down down", "b3h"),
        ("d2v", "down", "c3h"),
        ("a1h", "left", "a1h"),
        ("a1h", "up", "a1h"),
        ("a4h", "down", "a4h"),
        ("d1v", "right", "d1v"),
    ],
)
def test_arrows_go_to_the_line_one_expects(begin: str, moves: str, end: str) -> None:
    line = parse_line(begin)
    for move in moves.split():
        line = moved(Board(3, 3), line, Move(move))
    assert str(line) == end


@given(boards)
def test_every_line_can_be_reached_with_the_arrows(board: Board) -> None:
    found, waiting = {middle_line(board)}, [middle_line(board)]
    while waiting:
        line = waiting.pop()
        for move in Move:
            step = moved(board, line, move)
            if step not in found:
                found.add(step)
                waiting.append(step)
    assert found == set(board.lines)


@given(st.data())
def test_a_step_down_and_a_step_up_lead_back(data: st.DataObject) -> None:
    board = data.draw(boards)
    line = data.draw(st.sampled_from(board.lines))
    down = moved(board, line, Move.DOWN)
    is_at_right_rim = line.direction is Direction.VERTICAL and line.dot.column == board.cols
    if down != line and not is_at_right_rim:
        assert moved(board, down, Move.UP) == line


@given(positions())
def test_next_visits_every_free_line_once_and_comes_back(position: Position) -> None:
    free = position.free_lines
    if not free:
        return
    visited: list[Line] = []
    line = free[0]
    for _ in free:
        line = next_free_line(position, line)
        visited.append(line)
    assert sorted(map(str, visited)) == sorted(map(str, free))


@given(positions(), st.data())
def test_previous_undoes_next(position: Position, data: st.DataObject) -> None:
    if position.free_lines:
        line = data.draw(st.sampled_from(position.free_lines))
        assert previous_free_line(position, next_free_line(position, line)) == line


def test_on_a_full_board_the_cursor_stays() -> None:
    board = Board(1, 1)
    full = reduce(Position.draw, board.lines, Position.start(board))
    assert next_free_line(full, board.lines[2]) == board.lines[2]
    assert previous_free_line(full, board.lines[2]) == board.lines[2]
