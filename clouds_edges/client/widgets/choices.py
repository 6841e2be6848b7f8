"""Buttons that show without colour whether they are on: Textual's differ in colour only."""

from __future__ import annotations

from textual.widgets import Checkbox, RadioButton


class Choice(RadioButton):
    """One of several; a dot marks the chosen one."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802 - read by Textual, never set
        """The character between the sides of the button."""
        return "●" if self.value else " "


class Tick(Checkbox):
    """Yes or no; a cross says yes."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]  # noqa: N802 - read by Textual, never set
        """The character between the sides of the button."""
        return "X" if self.value else " "
