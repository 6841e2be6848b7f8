"""The board: one widget that draws rows of cells, and refreshes only what has changed."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset, Region, Size, Spacing
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from clouds_edges.client.line_entry import dot_of, line_of, typed_after
from clouds_edges.client.widgets.board_geometry import (
    PITCH_X,
    PITCH_Y,
    Cells,
    Move,
    canvas_size,
    line_at,
    middle_line,
    moved,
    next_free_line,
    previous_free_line,
    region_of,
    region_of_box,
)
from clouds_edges.client.widgets.glyphs import UNICODE_GLYPHS, Glyphs
from clouds_edges.rules import SEAT_LETTERS, Board, Box, Direction, Dot, Line, Position

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

RIM: Final = Offset(3, 1)
"""The cells for row numbers on the left, and for column letters on top."""
FLASH_SECONDS: Final = 0.35
_NO_GAME: Final = Position.start(Board(1, 1))


class BoardView(ScrollView):
    """Shows a position and lets somebody choose a line; says `LineChosen`, changes nothing.

    Scrolls when the board is larger than the widget, and follows the cursor; the column letters
    and row numbers stay in sight.
    """

    can_focus = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move('left')", "Left", show=False, id="board.left"),
        Binding("down,j", "move('down')", "Down", show=False, id="board.down"),
        Binding("up,k", "move('up')", "Up", show=False, id="board.up"),
        Binding("right,l", "move('right')", "Right", show=False, id="board.right"),
        Binding("tab", "next_free", "Next free", show=False, id="board.next-free"),
        Binding(
            "shift+tab", "previous_free", "Previous free", show=False, id="board.previous-free"
        ),
        Binding("enter,space", "draw", "Line", id="board.draw"),
        Binding("enter,space", "choose", show=False, id="board.choose"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "board--dot",
        "board--dot-named",
        "board--line",
        "board--last",
        "board--pending",
        "board--preview",
        "board--cursor-free",
        "board--cursor-taken",
        "board--rim",
        "board--rim-named",
        "board--flash",
        *(f"board--seat-{seat}" for seat in range(len(SEAT_LETTERS))),
    }

    position = reactive(_NO_GAME, repaint=False, init=False)
    cursor = reactive(middle_line(_NO_GAME.board), repaint=False, init=False)
    last_line: reactive[Line | None] = reactive[Line | None](None, repaint=False)
    pending: reactive[Line | None] = reactive[Line | None](None, repaint=False)
    hovered: reactive[Line | None] = reactive[Line | None](None, repaint=False)
    typed: reactive[str] = reactive("", repaint=False)
    may_draw = reactive(default=True, repaint=False, bindings=True)
    """Whether drawing is offered; a line can be chosen all the same, to be told why not."""

    class LineChosen(Message):
        """Somebody wants to draw this line; it may be taken, and it may not be their turn."""

        def __init__(self, line: Line) -> None:
            self.line = line
            super().__init__()

    def __init__(
        self,
        position: Position,
        *,
        glyphs: Glyphs = UNICODE_GLYPHS,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._has_rim = True
        self._origin = RIM
        self._flashing: frozenset[Box] = frozenset()
        self.set_reactive(BoardView.position, position)
        self.set_reactive(BoardView.cursor, middle_line(position.board))

    # What changed, and so what is drawn again

    def watch_position(self, before: Position, after: Position) -> None:
        """Redraw the lines and boxes that differ."""
        if before.board != after.board:
            self.cursor = middle_line(after.board)
            self._lay_out()
            self.refresh()
            return
        board = after.board
        changed = before.drawn ^ after.drawn
        for line in _chosen(board.lines, changed):
            self._refresh_line(line)
        closed = frozenset(_chosen(board.boxes, _all_of(before) ^ _all_of(after)))
        for box in closed:
            self._refresh_cells(region_of_box(box))
        if closed and before.drawn and self.app.animation_level != "none":
            self._flash(closed)

    def watch_cursor(self, before: Line, after: Line) -> None:
        """Redraw the cursor where it was and where it is, and keep it in sight."""
        self._refresh_lines(before, after)
        self._keep_in_sight(after)

    def watch_last_line(self, before: Line | None, after: Line | None) -> None:
        """Move the mark of the last line."""
        self._refresh_lines(before, after)

    def watch_pending(self, before: Line | None, after: Line | None) -> None:
        """Show a line that was chosen and has not happened yet."""
        self._refresh_lines(before, after)

    def watch_hovered(self, before: Line | None, after: Line | None) -> None:
        """Show the line that a click would draw."""
        self._refresh_lines(before, after)

    def watch_typed(self, before: str, after: str) -> None:
        """Point at the column, the dot and the line that are named so far."""
        for typed in (before, after):
            if typed:
                self._refresh_named(typed)
        line = line_of(after)
        if line is not None:
            self.cursor = line

    def on_mount(self) -> None:
        """Find room for the board."""
        self._lay_out()

    def on_resize(self) -> None:
        """Find room for the board, and keep the cursor in sight."""
        self._lay_out()
        self._keep_in_sight(self.cursor)

    # Keys and mouse

    def action_move(self, move: str) -> None:
        """Step to a neighbouring line."""
        self.typed = ""
        self.cursor = moved(self.position.board, self.cursor, Move(move))

    def action_next_free(self) -> None:
        """Jump to the next line that is free."""
        self.typed = ""
        self.cursor = next_free_line(self.position, self.cursor)

    def action_previous_free(self) -> None:
        """Jump to the free line before this one."""
        self.typed = ""
        self.cursor = previous_free_line(self.position, self.cursor)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now."""
        del parameters
        return self.may_draw if action == "draw" else True

    def action_draw(self) -> None:
        """Draw the line under the cursor."""
        self.action_choose()

    def action_choose(self) -> None:
        """Choose the line under the cursor, unless another is half typed."""
        if self.typed and line_of(self.typed) is None:
            return
        self.typed = ""
        self.post_message(self.LineChosen(self.cursor))

    def on_key(self, event: events.Key) -> None:
        """Take what belongs to a typed line; leave the rest to the bindings."""
        if self.typed and event.key in {"backspace", "escape"}:
            typed: str | None = self.typed[:-1] if event.key == "backspace" else ""
        elif event.character is not None and event.is_printable:
            typed = typed_after(self.typed, event.character, self.position.board)
        else:
            typed = None
        if typed is not None:
            self.typed = typed
            event.stop()
            event.prevent_default()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Preview the line under the mouse."""
        self.hovered = self._line_under(event)

    def on_leave(self) -> None:
        """Preview nothing once the mouse is elsewhere."""
        self.hovered = None

    def on_click(self, event: events.Click) -> None:
        """Choose the line under the mouse."""
        line = self._line_under(event)
        if line is not None:
            self.typed = ""
            self.cursor = line
            self.post_message(self.LineChosen(line))

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One row of cells of the widget."""
        width = self.size.width
        background = self.rich_style
        scroll_x, scroll_y = self.scroll_offset
        rim_width = RIM.x if self._has_rim else 0
        room = max(0, width - self._origin.x)
        canvas_width, canvas_height = canvas_size(self.position.board)
        if self._has_rim and y == self._origin.y - RIM.y:
            rim, cells = " " * rim_width, Strip(self._rim_letters(), canvas_width)
        elif y >= self._origin.y and y - self._origin.y + scroll_y < canvas_height:
            row = y - self._origin.y + scroll_y
            rim, cells = self._row_number(row)[:rim_width], Strip(self._row(row), canvas_width)
        else:
            return Strip.blank(width, background)
        margin = " " * (self._origin.x - rim_width)
        style = self._rim_style(is_named=self._is_row_named(rim))
        head = [Segment(margin, background), Segment(rim, style)]
        shown = cells.crop(scroll_x, scroll_x + room)
        strip = Strip([*head, *shown]).simplify()
        return strip.adjust_cell_length(width, background)

    def _row(self, y: int) -> list[Segment]:
        row, is_between_rows = divmod(y, PITCH_Y)
        return list(self._boxes_row(row) if is_between_rows else self._dots_row(row))

    def _dots_row(self, row: int) -> Iterator[Segment]:
        board = self.position.board
        named = dot_of(self.typed) if self.typed else None
        dot_style = self.get_component_rich_style("board--dot")
        for column in range(board.cols + 1):
            dot = Dot(column, row)
            if dot == named:
                yield Segment(self._glyphs.dot, self.get_component_rich_style("board--dot-named"))
            else:
                yield Segment(self._glyphs.dot, dot_style)
            if column < board.cols:
                yield self._line_segment(Line(dot, Direction.HORIZONTAL))

    def _boxes_row(self, row: int) -> Iterator[Segment]:
        board = self.position.board
        for column in range(board.cols + 1):
            yield self._line_segment(Line(Dot(column, row), Direction.VERTICAL))
            if column < board.cols:
                yield self._box_segment(Box(column, row))

    def _line_segment(self, line: Line) -> Segment:
        is_drawn = self.position.is_drawn(line)
        glyphs, name = self._glyphs.free, "board--dot"
        if line == self.pending and not is_drawn:
            glyphs, name = self._glyphs.pending, "board--pending"
        elif line == self.last_line and is_drawn:
            glyphs, name = self._glyphs.last, "board--last"
        elif is_drawn:
            glyphs, name = self._glyphs.drawn, "board--line"
        elif line in (self.cursor, self.hovered):
            glyphs, name = self._glyphs.preview, "board--preview"
        if line == self.cursor:
            name = "board--cursor-taken" if is_drawn else "board--cursor-free"
        is_vertical = line.direction is Direction.VERTICAL
        text = glyphs[is_vertical] * region_of(line).width
        return Segment(text, self.get_component_rich_style(name))

    def _box_segment(self, box: Box) -> Segment:
        seat = self.position.owner(box)
        if seat is None:
            return Segment(" " * (PITCH_X - 1), self.rich_style)
        name = "board--flash" if box in self._flashing else f"board--seat-{seat}"
        return Segment(f" {SEAT_LETTERS[seat]} ", self.get_component_rich_style(name))

    def _rim_letters(self) -> Iterator[Segment]:
        for column in range(self.position.board.cols + 1):
            letter = chr(ord("a") + column)
            yield Segment(letter, self._rim_style(is_named=self.typed.startswith(letter)))
            yield Segment(" " * (PITCH_X - 1), self.rich_style)

    def _row_number(self, y: int) -> str:
        row, is_between_rows = divmod(y, PITCH_Y)
        return " " * RIM.x if is_between_rows else f"{row + 1:>{RIM.x - 1}} "

    def _is_row_named(self, rim: str) -> bool:
        named = dot_of(self.typed) if self.typed else None
        return named is not None and rim.strip() == str(named.row + 1)

    def _rim_style(self, *, is_named: bool) -> Style:
        return self.get_component_rich_style("board--rim-named" if is_named else "board--rim")

    # Cells of the canvas and cells of the widget

    def _lay_out(self) -> None:
        """Centre the board; drop the rim where only that lets the whole board be seen."""
        width, height = canvas_size(self.position.board)
        room = self.outer_size
        fits = width <= room.width and height <= room.height
        fits_with_rim = width + RIM.x <= room.width and height + RIM.y <= room.height
        self._has_rim = fits_with_rim or not fits
        rim = RIM if self._has_rim else Offset(0, 0)
        spare = Offset(
            max(0, room.width - width - rim.x) // 2, max(0, room.height - height - rim.y) // 2
        )
        if self._origin != rim + spare:
            self._origin = rim + spare
            self.refresh()
        self.virtual_size = Size(width + rim.x, height + rim.y)

    def _line_under(self, event: events.MouseEvent) -> Line | None:
        at = event.offset
        rim = RIM if self._has_rim else Offset(0, 0)
        if at.x < self._origin.x - bool(rim.x) or at.y < self._origin.y:
            return None
        cell = at - self._origin + self.scroll_offset
        return line_at(self.position.board, cell.x, cell.y)

    def _keep_in_sight(self, line: Line) -> None:
        if not self.is_mounted:
            return
        cells, rim = region_of(line), RIM if self._has_rim else Offset(0, 0)
        region = Region(cells.x, cells.y, cells.width, cells.height).grow(Spacing(1, 1, 1, 1))
        self.scroll_to_region(
            region.translate(rim), spacing=Spacing(rim.y, 0, 0, rim.x), animate=False
        )

    def _refresh_lines(self, *lines: Line | None) -> None:
        for line in lines:
            if line is not None:
                self._refresh_line(line)

    def _refresh_line(self, line: Line) -> None:
        self._refresh_cells(region_of(line))

    def _refresh_named(self, typed: str) -> None:
        self.refresh(Region(0, self._origin.y - RIM.y, self.size.width, 1))
        dot = dot_of(typed)
        if dot is not None:
            y = self._origin.y + PITCH_Y * dot.row - self.scroll_offset.y
            self.refresh(Region(0, y, self._origin.x + PITCH_X * (dot.column + 1), 1))

    def _refresh_cells(self, cells: Cells) -> None:
        region = Region(cells.x, cells.y, cells.width, cells.height)
        self.refresh(region.translate(self._origin - self.scroll_offset))

    def _flash(self, boxes: frozenset[Box]) -> None:
        self._flashing = boxes
        self.set_timer(FLASH_SECONDS, self._stop_flashing)

    def _stop_flashing(self) -> None:
        boxes, self._flashing = self._flashing, frozenset()
        for box in boxes:
            self._refresh_cells(region_of_box(box))


def _all_of(position: Position) -> int:
    return reduce(or_, position.owned)


def _chosen(values: Iterable[T], mask: int) -> Iterator[T]:
    return (value for place, value in enumerate(values) if mask >> place & 1)
