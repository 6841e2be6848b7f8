"""Typing a line in its notation, key by key: `b`, `b3`, `b3h`."""

from __future__ import annotations

from typing import Final

from clouds_edges.rules import Board, Dot, Line, MalformedLine, parse_line

MOVING_LETTERS: Final = "hjkl"
"""In lower case these move the cursor when no line is begun; their columns begin in upper case."""


def typed_after(typed: str, character: str, board: Board) -> str | None:
    """What is typed after one more character, or None when it does not go on like that.

    A column letter begins anew at any time, except that `h` and `v` behind a row number finish.
    """
    letter = character.lower()
    if typed[-1:].isdigit() and letter in {"h", "v"}:
        line = parse_line(typed + letter)
        return typed + letter if line in board else None
    if typed and line_of(typed) is None and _is_row(typed[1:] + letter, board):
        return typed + letter
    if character not in MOVING_LETTERS and _is_column(letter, board):
        return letter
    return None


def dot_of(typed: str) -> Dot | None:
    """The dot that is named so far."""
    digits = typed[1:].rstrip("hv")
    return Dot(ord(typed[0]) - ord("a"), int(digits) - 1) if digits else None


def line_of(typed: str) -> Line | None:
    """The line, once it is typed in full."""
    try:
        return parse_line(typed)
    except MalformedLine:
        return None


def _is_column(letter: str, board: Board) -> bool:
    return letter.isascii() and letter.isalpha() and ord(letter) - ord("a") <= board.cols


def _is_row(digits: str, board: Board) -> bool:
    return digits.isascii() and digits.isdigit() and 1 <= int(digits) <= board.rows + 1
