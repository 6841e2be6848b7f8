"""Choosing the size of a board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label

from clouds_edges.client.widgets.choices import Choice, Choices
from clouds_edges.rules import NAMED_BOARDS, Board, format_board, parse_board

if TYPE_CHECKING:
    from textual.app import ComposeResult

_NAMES: Final = tuple(NAMED_BOARDS)
_DEFAULT: Final = "medium"


class SizeChoice(Vertical):
    """The named sizes, and a line for rows x columns of boxes."""

    def compose(self) -> ComposeResult:
        """One row a size."""
        yield Label("Board", classes="question")
        with Choices(compact=True):
            for name in _NAMES:
                words = Content(f"{name}, {format_board(NAMED_BOARDS[name])}")
                yield Choice(words, value=name == _DEFAULT)
            yield Choice(Content("another size:"))
        yield Input(placeholder="rows x columns, 4x6", compact=True, max_length=12)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Whoever types a size wants it."""
        event.stop()
        if event.value:
            self.query(Choice).last().value = True

    @property
    def board(self) -> Board:
        """The chosen size.

        Raises:
            MalformedBoard: What was typed is no size.
            ImpossibleBoard: A side is too short or too long.
        """
        chosen = self.query_one(Choices).pressed_index
        if 0 <= chosen < len(_NAMES):
            return NAMED_BOARDS[_NAMES[chosen]]
        return parse_board(self.query_one(Input).value)
