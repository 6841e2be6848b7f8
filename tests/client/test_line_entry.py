"""Typed notation, key by key."""

import pytest

from clouds_edges.client.line_entry import dot_of, line_of, typed_after
from clouds_edges.rules import Board, Dot, parse_line

MEDIUM = Board(5, 5)


def typing(text: str, board: Board = MEDIUM) -> str | None:
    typed: str | None = ""
    for character in text:
        if typed is None:
            return None
        typed = typed_after(typed, character, board)
    return typed


@pytest.mark.parametrize("text", ["b", "b3", "b3h", "f5v", "a6h"])
def test_a_line_is_typed_from_left_to_right(text: str) -> None:
    assert typing(text) == text


@pytest.mark.parametrize("text", ["g", "b0", "b7", "b3x", "f1h", "a6v", "3", "é", "b²"])
def test_what_is_not_on_the_board_is_not_taken(text: str) -> None:
    assert typing(text) is None


def test_rows_of_two_digits_are_typed_in_full() -> None:
    assert typing("c12h", Board(20, 20)) == "c12h"
    assert typing("c22", Board(20, 20)) is None


def test_a_column_letter_begins_anew() -> None:
    assert typing("b3c") == "c"
    assert typing("b3ha2v") == "a2v"


@pytest.mark.parametrize("letter", "hjkl")
def test_the_letters_that_move_the_cursor_begin_a_column_in_upper_case(letter: str) -> None:
    wide = Board(20, 20)
    assert typing(letter, wide) is None
    assert typing(f"{letter.upper()}3v", wide) == f"{letter}3v"


def test_the_dot_is_known_before_the_line() -> None:
    assert dot_of("b") is None
    assert dot_of("b3") == Dot(1, 2)
    assert dot_of("h1h") == Dot(7, 0)
    assert line_of("b3") is None
    assert line_of("b3h") == parse_line("b3h")
