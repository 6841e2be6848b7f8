"""What the panes have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from clouds_edges.client.screens.questions import Confirmation

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.screen import ModalScreen

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.operator_view import OperatorView
    from clouds_edges.protocol.admin import Asks
    from clouds_edges.protocol.admin_answers import Done


T = TypeVar("T")


class Pane(Vertical):
    """Shows one noun of the server.

    What is on the screen is asked for in `look` alone, which the app calls for the pane that is
    seen: about once in `pace` seconds, and at once when the pane has become stale. Keys only
    change what is wanted.
    """

    HELP: ClassVar[str] = ""
    pace: float = 1.0

    class Stale(Message):
        """Something else is wanted than what is shown."""

    class Do(Message):
        """Something is to be done, and its outcome told."""

        def __init__(self, question: Asks[Done]) -> None:
            self.question = question
            super().__init__()

    class Show(Message):
        """The state of a stream is to be shown, at a version or (None) the latest."""

        def __init__(self, stream: str, version: int | None = None) -> None:
            self.stream = stream
            self.version = version
            super().__init__()

    def __init__(self, operator: Operator, marks: Marks, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.operator = operator
        self.marks = marks
        self._is_stale = True
        self._focused: Widget | None = None

    @abstractmethod
    async def look(self, view: OperatorView) -> None:
        """Ask for what has changed, and show it.

        Raises:
            AdminTrouble: There is no answer, or a refusal.
        """

    @abstractmethod
    def complain(self, sentence: str) -> None:
        """Show why there is nothing to show."""

    def become_stale(self) -> None:
        """Have everything that is shown asked for again, soon."""
        self._is_stale = True
        self.post_message(self.Stale())

    def take_stale(self) -> bool:
        """Whether everything has to be asked for again; answers yes once."""
        was, self._is_stale = self._is_stale, False
        return was

    def focus_inside(self) -> None:
        """Give the keys to what had them last, or to the first that can take them."""
        last = self._focused
        if last is not None and last.is_attached and last.focusable:
            last.focus()
            return
        first = next((widget for widget in self.query(Widget) if widget.focusable), None)
        if first is not None:
            first.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember who has the keys."""
        self._focused = event.widget

    def open(
        self, screen: ModalScreen[T], answered: Callable[[T | None], None] | None = None
    ) -> None:
        """Put a dialog in front; its result goes to `answered`."""
        _ = self.app.push_screen(screen, answered)

    def do(self, question: Asks[Done]) -> None:
        """Have something done."""
        self.post_message(self.Do(question))

    def ask_once(self, words: str, yes: str, question: Asks[Done]) -> None:
        """Have something done, if the operator confirms it."""

        def answered(answer: bool | None) -> None:  # noqa: FBT001 - called by Textual
            if answer:
                self.do(question)

        self.open(Confirmation(words, yes, "No"), answered)
