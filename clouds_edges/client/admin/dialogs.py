"""What the operator is asked, and what is shown in front of the panes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from clouds_edges.client.admin.unreadable import Unreadable
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.client.screens.questions import TextQuestion
from clouds_edges.protocol.admin import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import ComposeResult

T = TypeVar("T")


class ShortAnswer(TextQuestion):
    """Asks for a text that may be empty, as long as the server takes."""

    def trouble_with(self, text: str) -> str:
        """Whether it is too long."""
        return "" if len(text) <= LONGEST_TEXT else f"At most {LONGEST_TEXT} characters"


class ReasonQuestion(ShortAnswer):
    """Asks why; an empty answer is none."""

    def trouble_with(self, text: str) -> str:
        """Whether it is there, and not too long."""
        return super().trouble_with(text) if text else "Say why: the players will read it"


class VersionQuestion(TextQuestion):
    """Asks for a version up to the latest."""

    def __init__(self, latest: int) -> None:
        super().__init__(f"Which version, from 0 to {latest}?")
        self._latest = latest

    def trouble_with(self, text: str) -> str:
        """Whether it is a number that there is."""
        is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(self._latest))
        if is_number and int(text) <= self._latest:
            return ""
        return f"A number from 0 to {self._latest}"


class Form(ModalScreen[T | None]):
    """Asks several questions at once, a line each; None when it is left with Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="form.leave"),
        Binding("up", "app.focus_previous", "Up", show=False, id="form.up"),
        Binding("down", "app.focus_next", "Down", show=False, id="form.down"),
        Binding("ctrl+l", "empty", "Empty", id="form.empty"),
    ]

    def __init__(
        self,
        title: str,
        questions: Mapping[str, str],
        typed: Mapping[str, str],
        parse: Callable[[Mapping[str, str]], T],
        *,
        hint: str = "",
    ) -> None:
        """`parse` makes the result of a text for each question, or raises `Unreadable`."""
        super().__init__()
        self._title = title
        self._questions = questions
        self._typed = typed
        self._parse = parse
        self._hint = hint

    def compose(self) -> ComposeResult:
        """The questions and their lines."""
        width = max(map(len, self._questions.values())) + 2
        with Vertical(classes="dialog wide form") as dialog:
            dialog.border_title = self._title
            dialog.border_subtitle = "Enter shows, Ctrl+L empties, Esc leaves"
            for name, question in self._questions.items():
                with Horizontal(classes="line"):
                    yield Label(question.ljust(width), markup=False)
                    yield Input(self._typed.get(name, ""), id=name, compact=True)
            yield Static(self._hint, markup=False, classes="hint")
            yield Static("", markup=False, classes="trouble")

    def on_input_submitted(self) -> None:
        """Hand the answers on, or say what is wrong with them."""
        typed = {name: self.query_one(f"#{name}", Input).value for name in self._questions}
        try:
            _ = self.dismiss(self._parse(typed))
        except Unreadable as error:
            self.query_one(".trouble", Static).update(str(error))

    def action_empty(self) -> None:
        """Empty all lines."""
        for line in self.query(Input):
            line.value = ""

    def action_leave(self) -> None:
        """Leave things as they are."""
        _ = self.dismiss(None)


class TextScreen(ModalScreen[bool]):
    """A page of text in front of the panes; True when its subject is to be shown itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "leave", "Close", key_display="esc", id="page.close"),
        Binding("g", "go", "Go to it", id="page.go"),
    ]

    def __init__(self, title: str, text: str, *, goes_to: str = "") -> None:
        """`goes_to` says in words where the key g leads, if it leads anywhere."""
        super().__init__()
        self._title = title
        self._text = text
        self._goes_to = goes_to

    def compose(self) -> ComposeResult:
        """The text, as much as there is room for."""
        with Vertical(classes="dialog page") as page:
            page.border_title = self._title
            goes = f"g {self._goes_to}, " if self._goes_to else ""
            page.border_subtitle = f"{goes}Esc closes"
            yield TextView(self._text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what leads somewhere can be gone to."""
        del parameters
        return bool(self._goes_to) if action == "go" else True

    def action_leave(self) -> None:
        """Close it."""
        _ = self.dismiss(result=False)

    def action_go(self) -> None:
        """Close it, and go to its subject."""
        _ = self.dismiss(result=True)
