"""Help for the screen below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult

RULES: Final = """\
The game
  Draw one line between two neighbouring dots. Who draws the fourth
  side of a box owns it and must draw again. Most boxes win."""


class HelpScreen(ModalScreen[None]):
    """A page of text; any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,enter,space,q,f1,question_mark",
            "dismiss",
            "Close",
            key_display="esc",
            id="help.close",
        ),
    ]

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The text, as much as there is room for."""
        with VerticalScroll(classes="dialog help") as page:
            page.border_title = "Help"
            page.border_subtitle = "Esc closes"
            yield Static(self._text, markup=False)
