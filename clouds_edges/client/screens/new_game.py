"""Dialogs that open a game: against a bot, with somebody beside you, on the server."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from clouds_edges.client.clock_text import MalformedClock
from clouds_edges.client.widgets.choices import Choice, Choices, Tick
from clouds_edges.client.widgets.game_choices import ClockChoice, SizeChoice
from clouds_edges.client.wording import BOT_LEVELS
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.clock import check_clock
from clouds_edges.domain.game.refusals import ClockImpossible
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.domain.players.names import check_name
from clouds_edges.domain.refusals import NameUnacceptable
from clouds_edges.rules import MAX_SEATS, MIN_SEATS, RulesError

if TYPE_CHECKING:
    from textual.app import ComposeResult

_SEATS: Final = range(MIN_SEATS, MAX_SEATS + 1)


class NewGameDialog(ModalScreen[OpenGame | None]):
    """Asks what game to open; the start button has the focus, so that Enter is enough."""

    AUTO_FOCUS = "#start"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="new-game.leave"),
        Binding("enter", "start", "Start", show=False, id="new-game.start"),
    ]
    QUESTION: ClassVar[str]
    START: ClassVar[str] = "Start"

    def compose(self) -> ComposeResult:
        """The questions side by side, then the buttons."""
        with VerticalScroll(classes="dialog wide", can_focus=False) as dialog:
            dialog.border_title = self.QUESTION
            dialog.border_subtitle = "Tab, arrows, space choose · Enter starts · Esc leaves"
            with Horizontal(classes="questions"):
                yield SizeChoice()
                with Vertical():
                    yield from self.questions()
            yield Static("", markup=False, classes="trouble")
            with Horizontal(classes="buttons"):
                yield Button(self.START, id="start", variant="primary", compact=True)
                yield Button("Back", id="back", compact=True)

    @abstractmethod
    def questions(self) -> ComposeResult:
        """What is asked beside the size."""

    @abstractmethod
    def opening(self) -> OpenGame:
        """The order that was put together."""

    def on_input_submitted(self) -> None:
        """Start with Enter from a line of text as well."""
        self.action_start()

    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        """Hand the order on, or say what is wrong with it."""
        try:
            _ = self.dismiss(self.opening())
        except (RulesError, NameUnacceptable, MalformedClock, ClockImpossible) as trouble:
            self.query_one(".trouble", Static).update(str(trouble))

    @on(Button.Pressed, "#back")
    def action_leave(self) -> None:
        """Open nothing."""
        _ = self.dismiss(None)


class BotDialog(NewGameDialog):
    """A game against a bot."""

    QUESTION = "Play a bot"

    def questions(self) -> ComposeResult:
        """How well the bot plays."""
        yield Label("Bot", classes="question")
        with Choices(id="level", compact=True):
            for level, words in BOT_LEVELS.items():
                yield Choice(Content(words), value=level is BotLevel.GREEDY)

    def opening(self) -> OpenGame:
        """A game of two seats, one for the bot."""
        level = tuple(BOT_LEVELS)[self.query_one("#level", Choices).pressed_index]
        return OpenGame(board=self.query_one(SizeChoice).board, private=True, bots=(level,))


class NeighbourDialog(NewGameDialog):
    """A game of two people at this keyboard."""

    AUTO_FOCUS = "#neighbour"
    QUESTION = "Two at this keyboard"

    def questions(self) -> ComposeResult:
        """The name of who sits beside."""
        yield Label("Who plays with you?", classes="question")
        yield Input(placeholder="their name", id="neighbour", compact=True)

    def opening(self) -> OpenGame:
        """A game of two seats for one player."""
        name = self.query_one("#neighbour", Input).value.strip()
        if not name:
            message = "Type the name of who plays with you"
            raise NameUnacceptable(message)
        check_name(name)
        return OpenGame(board=self.query_one(SizeChoice).board, private=True, neighbours=(name,))


class OpenDialog(NewGameDialog):
    """A game that waits in the lobby for others."""

    QUESTION = "Open a game"
    START = "Open"

    def questions(self) -> ComposeResult:
        """For how many people, for whom, and how fast."""
        yield Label("Seats", classes="question")
        with Choices(id="seats", compact=True):
            for seats in _SEATS:
                yield Choice(f"{seats} players", value=seats == MIN_SEATS)
        yield Tick("private (by code)", id="private", compact=True)
        yield ClockChoice()

    def opening(self) -> OpenGame:
        """A game with free seats."""
        clock = self.query_one(ClockChoice).clock
        if clock is not None:
            check_clock(clock)
        return OpenGame(
            clock=clock,
            board=self.query_one(SizeChoice).board,
            seats=_SEATS[self.query_one("#seats", Choices).pressed_index],
            private=self.query_one("#private", Tick).value,
        )
