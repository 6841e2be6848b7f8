"""A few words that change often."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Words(Static):
    """Text, never markup, drawn again only when it differs.

    Its place is laid out anew only where the height follows the text.
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, classes=classes, markup=False)
        self._said = Content("")

    def say(self, words: str | Content) -> None:
        """Show these words."""
        said = Content(words) if isinstance(words, str) else words
        if said.is_same(self._said):
            return
        self._said = said
        height = self.styles.height
        self.update(said, layout=height is not None and height.is_auto)
