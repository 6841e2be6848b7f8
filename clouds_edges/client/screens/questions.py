"""Short questions: one line of text, or yes and no."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from clouds_edges.domain.players.names import check_name
from clouds_edges.domain.refusals import NameUnacceptable

if TYPE_CHECKING:
    from textual.app import ComposeResult


class TextQuestion(ModalScreen[str | None]):
    """Asks for one line of text; None when the question is left with Escape."""

    KEYS: ClassVar[str] = "Enter accepts, Esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="question.leave"),
    ]

    def __init__(self, question: str, *, trouble: str = "", text: str = "") -> None:
        super().__init__()
        self._question = question
        self._trouble = trouble
        self._text = text

    def compose(self) -> ComposeResult:
        """The question, a line to type in, and what was wrong with the last answer."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_subtitle = self.KEYS
            yield Static(self._question, markup=False, classes="question")
            yield Input(value=self._text)
            yield Static(self._trouble, markup=False, classes="trouble")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand the answer on, unless something is wrong with it."""
        text = event.value.strip()
        trouble = self.trouble_with(text)
        if trouble:
            self.query_one(".trouble", Static).update(trouble)
        else:
            _ = self.dismiss(text)

    def trouble_with(self, text: str) -> str:
        """What is wrong with an answer, or nothing."""
        return "" if text else "Type something first"

    def action_leave(self) -> None:
        """Leave without an answer."""
        _ = self.dismiss(None)


class NameQuestion(TextQuestion):
    """Asks for a name that the rules for names allow."""

    def trouble_with(self, text: str) -> str:
        """What the rules for names say."""
        if not text:
            return "Type a name first"
        try:
            check_name(text)
        except NameUnacceptable as refusal:
            return refusal.sentence
        return ""


class GreetingQuestion(NameQuestion):
    """Asks for the name without which a server lets nobody in."""

    KEYS = "Enter accepts, Esc quits"


class Confirmation(ModalScreen[bool]):
    """Asks once before something that cannot be undone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "No", id="confirmation.no"),
        Binding("y", "answer(True)", "Yes", id="confirmation.yes"),
        Binding("left,right", "app.focus_next", show=False, id="confirmation.other"),
    ]

    def __init__(self, question: str, yes: str, no: str) -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        """The question, and two buttons; the harmless one has the focus."""
        with Vertical(classes="dialog"):
            yield Static(self._question, markup=False, classes="question")
            with Horizontal(classes="buttons"):
                yield Button(self._no, id="no", compact=True)
                yield Button(self._yes, id="yes", variant="error", compact=True)

    @on(Button.Pressed, "#yes")
    def say_yes(self) -> None:
        """Go on."""
        _ = self.dismiss(result=True)

    @on(Button.Pressed, "#no")
    def say_no(self) -> None:
        """Leave things as they are."""
        _ = self.dismiss(result=False)

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001 - given by the binding
        """Answer with a key."""
        _ = self.dismiss(answer)
