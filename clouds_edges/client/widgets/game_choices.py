"""Choosing what a game is like: one of several, or what one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label

from clouds_edges.client.clock_text import format_clock, parse_clock
from clouds_edges.client.widgets.choices import Choice, Choices
from clouds_edges.rules import NAMED_BOARDS, Board, format_board, parse_board

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from clouds_edges.domain.game.clock import Clock

_NAMES: Final = tuple(NAMED_BOARDS)
_DEFAULT_SIZE: Final = "medium"
_CLOCKS: Final = (parse_clock("5+3"), parse_clock("10"))


class ChoiceOrText(Vertical):
    """A row for each choice, one for another, and a line to type that in."""

    QUESTION: ClassVar[str]
    CHOICES: ClassVar[Sequence[str]]
    DEFAULT: ClassVar[int] = 0
    OTHER: ClassVar[str]
    EXAMPLE: ClassVar[str]

    def compose(self) -> ComposeResult:
        """The question, and below it the answers."""
        yield Label(self.QUESTION, classes="question")
        with Choices(compact=True):
            for place, words in enumerate(self.CHOICES):
                yield Choice(Content(words), value=place == self.DEFAULT)
            yield Choice(Content(self.OTHER))
        yield Input(placeholder=self.EXAMPLE, compact=True, max_length=12)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Whoever types something wants it."""
        event.stop()
        if event.value:
            self.query(Choice).last().value = True

    @property
    def chosen(self) -> int | None:
        """Which choice it is, or None for what is typed."""
        place = self.query_one(Choices).pressed_index
        return place if 0 <= place < len(self.CHOICES) else None

    @property
    def typed(self) -> str:
        """What is typed."""
        return self.query_one(Input).value


class SizeChoice(ChoiceOrText):
    """The named sizes, and a line for rows x columns of boxes."""

    QUESTION = "Board"
    CHOICES = tuple(f"{name}, {format_board(NAMED_BOARDS[name])}" for name in _NAMES)
    DEFAULT = _NAMES.index(_DEFAULT_SIZE)
    OTHER = "another size:"
    EXAMPLE = "rows x columns, 4x6"

    @property
    def board(self) -> Board:
        """The chosen size.

        Raises:
            MalformedBoard: What was typed is no size.
            ImpossibleBoard: A side is too short or too long.
        """
        chosen = self.chosen
        return parse_board(self.typed) if chosen is None else NAMED_BOARDS[_NAMES[chosen]]


class ClockChoice(ChoiceOrText):
    """No clock, a few usual ones, and a line for minutes + seconds a turn."""

    QUESTION = "Clock for each player"
    CHOICES = ("no clock", *map(format_clock, _CLOCKS))
    OTHER = "another clock:"
    EXAMPLE = "minutes + seconds, 3+2"

    @property
    def clock(self) -> Clock | None:
        """The chosen clock, if any.

        Raises:
            MalformedClock: What was typed is no clock.
        """
        chosen = self.chosen
        if chosen is None:
            return parse_clock(self.typed)
        return None if chosen == 0 else _CLOCKS[chosen - 1]
