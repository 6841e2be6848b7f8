import pytest
from hypothesis import given

from clouds_edges.rules import Board, Box, Direction, Dot, ImpossibleBoard, LineOffBoard, parse_line
from tests.rules.positions import boards


@pytest.mark.parametrize(
    ("board", "lines", "boxes"),
    [
        (Board(1, 1), 4, 1),
        (Board(3, 3), 24, 9),
        (Board(5, 5), 60, 25),
        (Board(7, 7), 112, 49),
        (Board(2, 5), 27, 10),
        (Board(20, 20), 840, 400),
    ],
    ids=str,
)
def test_a_board_has_as_many_lines_and_boxes_as_the_specification_says(
    board: Board, lines: int, boxes: int
) -> None:
    assert board.line_count == len(set(board.lines)) == lines
    assert board.box_count == len(set(board.boxes)) == boxes


@pytest.mark.parametrize(("rows", "cols"), [(0, 5), (5, 0), (-1, 5), (21, 5), (5, 21)])
def test_a_side_is_1_to_20(rows: int, cols: int) -> None:
    with pytest.raises(ImpossibleBoard, match=f"{rows}x{cols} boxes .* from 1 to 20") as caught:
        Board(rows, cols)
    assert (caught.value.rows, caught.value.cols) == (rows, cols)


def test_a_size_is_written_rows_first() -> None:
    assert str(Board(rows=2, cols=7)) == "2x7"


def test_a_line_is_named_by_its_left_or_top_dot() -> None:
    line = parse_line("b3h")
    assert (line.dot, line.direction) == (Dot(column=1, row=2), Direction.HORIZONTAL)
    assert line.ends == (Dot(1, 2), Dot(2, 2))
    assert parse_line("b3v").ends == (Dot(1, 2), Dot(1, 3))


def test_a_box_has_a_line_on_each_side() -> None:
    assert [str(line) for line in Box(column=1, row=0).lines] == ["b1h", "b1v", "b2h", "c1v"]


@pytest.mark.parametrize(
    ("line", "boxes"),
    [
        ("a1h", [Box(0, 0)]),
        ("a3h", [Box(0, 1)]),
        ("d2v", [Box(2, 1)]),
        ("b2h", [Box(1, 0), Box(1, 1)]),
        ("b2v", [Box(0, 1), Box(1, 1)]),
    ],
)
def test_a_line_lies_beside_one_or_two_boxes(line: str, boxes: list[Box]) -> None:
    assert list(Board(2, 3).boxes_beside(parse_line(line))) == boxes


@pytest.mark.parametrize("text", ["d1h", "a4h", "e1v", "a3v", "u21h"])
def test_a_line_beyond_the_edge_is_off_the_board(text: str) -> None:
    line, board = parse_line(text), Board(2, 3)
    assert line not in board
    with pytest.raises(LineOffBoard, match=rf"{text} is not on the board \(.* 2x3 boxes\)"):
        board.index_of(line)
    with pytest.raises(LineOffBoard):
        board.boxes_beside(line)


@given(boards)
def test_lines_and_boxes_are_listed_by_their_index(board: Board) -> None:
    assert [board.index_of(line) for line in board.lines] == list(range(board.line_count))
    assert [board.index_of_box(box) for box in board.boxes] == list(range(board.box_count))
    assert all(line in board for line in board.lines)


@given(boards)
def test_a_line_is_beside_a_box_when_the_box_has_it_as_a_side(board: Board) -> None:
    for line in board.lines:
        sides_of = {box for box in board.boxes if line in box.lines}
        assert set(board.boxes_beside(line)) == sides_of
