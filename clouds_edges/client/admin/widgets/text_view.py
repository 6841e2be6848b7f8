"""Long text to read: scrolled, selected with the mouse, drawn only where it is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

if TYPE_CHECKING:
    from textual.selection import Selection


class TextView(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines of text, never markup; left and right are left to who is around it."""

    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="text.up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="text.down"),
        Binding("pageup", "page_up", "Page up", show=False, id="text.page-up"),
        Binding("pagedown,space", "page_down", "Page down", show=False, id="text.page-down"),
        Binding("home", "scroll_home", "Top", show=False, id="text.top"),
        Binding("end", "scroll_end", "Bottom", show=False, id="text.bottom"),
        Binding("shift+left", "scroll_left", "Left", show=False, id="text.left"),
        Binding("shift+right", "scroll_right", "Right", show=False, id="text.right"),
    ]

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._lines: tuple[str, ...] = ()
        self._take(text)

    @property
    def text(self) -> str:
        """What is shown."""
        return "\n".join(self._lines)

    def show(self, text: str) -> None:
        """Show this text, scrolled as far as what was there before."""
        if text != self.text:
            self._take(text)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, as far as it is seen."""
        scroll_x, scroll_y = self.scroll_offset
        place, width = scroll_y + y, self.size.width
        if place >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        strip = Strip([Segment(self._lines[place], self.rich_style)])
        selection = self.text_selection
        span = None if selection is None else selection.get_span(place)
        if span is not None:
            strip = self._selected(self._lines[place], *span)
        strip = strip.crop_extend(scroll_x, scroll_x + width, self.rich_style)
        return strip.apply_offsets(scroll_x, place)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that is selected with the mouse."""
        return selection.extract(self.text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        del selection
        self.refresh()

    def _take(self, text: str) -> None:
        self._lines = tuple(line.expandtabs(4) for line in text.split("\n"))
        self.virtual_size = Size(max(map(cell_len, self._lines)), len(self._lines))

    def _selected(self, line: str, start: int, end: int) -> Strip:
        stop = len(line) if end < 0 else end
        marked = self.rich_style + self.screen.get_component_rich_style("screen--selection")
        parts = (
            (line[:start], self.rich_style),
            (line[start:stop], marked),
            (line[stop:], self.rich_style),
        )
        return Strip([Segment(text, style) for text, style in parts if text])
