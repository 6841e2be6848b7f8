"""Choices that show without colour what is chosen, and leave Enter to the dialog they are in."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Checkbox, RadioButton, RadioSet


class Choice(RadioButton):
    """One of several; a dot marks the chosen one."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802 - read by Textual, never set
        """The character between the sides of the button."""
        return "●" if self.value else " "


class Choices(RadioSet, inherit_bindings=False):
    """Several, of which one is chosen: the arrows choose, beginning with the chosen one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,right", "choose_next", "Next", show=False, id="choices.next"),
        Binding("up,left", "choose_previous", "Previous", show=False, id="choices.previous"),
    ]

    def on_focus(self) -> None:
        """Let the arrows begin where the choice is."""
        self._selected = self.pressed_index

    def action_choose_next(self) -> None:
        """Choose the one below."""
        self.action_next_button()
        self.action_toggle_button()

    def action_choose_previous(self) -> None:
        """Choose the one above."""
        self.action_previous_button()
        self.action_toggle_button()


class Tick(Checkbox, inherit_bindings=False):
    """Yes or no; a cross says yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "toggle_button", "Toggle", show=False, id="tick.toggle"),
    ]

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802 - read by Textual, never set
        """The character between the sides of the button."""
        return "X" if self.value else " "
