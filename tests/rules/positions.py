"""Positions reached by legal lines, for properties."""

from hypothesis import strategies as st

from clouds_edges.rules import MAX_SEATS, MIN_SEATS, Board, Line, Position

boards = st.builds(Board, st.integers(1, 4), st.integers(1, 4))


@st.composite
def games(draw: st.DrawFn) -> tuple[Position, list[Line]]:
    """An empty board, and all of its lines in some order of play."""
    board = draw(boards)
    seats = draw(st.integers(MIN_SEATS, MAX_SEATS))
    start = Position.start(board, seats, first=draw(st.integers(0, seats - 1)))
    return start, draw(st.permutations(board.lines))


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """A position in the middle of a game, from which seats may have withdrawn."""
    position, lines = draw(games())
    for line in lines[: draw(st.integers(0, len(lines)))]:
        position = position.draw(line)
    for seat in draw(st.lists(st.integers(0, position.seats - 1), unique=True)):
        if not position.is_over:
            position = position.withdraw(seat)
    return position


def play(position: Position, lines: list[Line]) -> Position:
    for line in lines:
        position = position.draw(line)
    return position
