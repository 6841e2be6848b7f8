"""The board as a widget: keys, mouse, typed lines, and what is drawn."""

from functools import reduce

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset

from clouds_edges.client.widgets.board_geometry import region_of
from clouds_edges.client.widgets.board_view import BoardView
from clouds_edges.client.widgets.glyphs import ASCII_GLYPHS
from clouds_edges.rules import Board, Line, Position, parse_line


def position(board: Board, lines: str = "") -> Position:
    return reduce(Position.draw, map(parse_line, lines.split()), Position.start(board))


class Host(App[None]):
    """A board and nothing else; remembers the lines chosen."""

    CSS = "BoardView { width: 1fr; height: 1fr; }"

    def __init__(self, shown: Position) -> None:
        super().__init__()
        self.board = BoardView(shown, glyphs=ASCII_GLYPHS)
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.board

    def on_board_view_line_chosen(self, event: BoardView.LineChosen) -> None:
        self.chosen.append(str(event.line))

    def drawn(self) -> list[str]:
        rows = (self.board.render_line(y).text.rstrip() for y in range(self.board.size.height))
        return [row for row in rows if row]

    def middle_of(self, line: Line) -> Offset:
        cells = region_of(line)
        origin = next(
            Offset(self.board.render_line(y).text.index("+"), y)
            for y in range(self.board.size.height)
            if "+" in self.board.render_line(y).text
        )
        return origin + Offset(cells.x + cells.width // 2, cells.y)


async def test_a_position_is_drawn_with_letters_in_owned_boxes() -> None:
    app = Host(position(Board(1, 2), "a1h a2h a1v b2h b1v b1h"))
    async with app.run_test(size=(12, 4)):
        app.board.cursor = parse_line("a1h")
        app.board.last_line = parse_line("b1h")
        assert app.drawn() == [
            "   a   b   c",
            " 1 +---+===+",
            "   | A |",
            " 2 +---+---+",
        ]


async def test_without_room_for_the_rim_the_board_is_shown_whole() -> None:
    app = Host(position(Board(1, 2), "a1h"))
    async with app.run_test(size=(9, 3)):
        assert app.drawn()[0] == "+---+   +"


async def test_enter_and_space_choose_the_line_under_the_cursor() -> None:
    app = Host(position(Board(3, 3)))
    async with app.run_test() as pilot:
        app.board.cursor = parse_line("b2h")
        await pilot.press("enter", "down", "space", "l", "enter", "k", "enter")
    assert app.chosen == ["b2h", "b2v", "c2v", "c2h"]


async def test_tab_goes_to_the_next_free_line() -> None:
    app = Host(position(Board(1, 1), "b1v"))
    async with app.run_test() as pilot:
        app.board.cursor = parse_line("a1v")
        await pilot.press("tab", "enter", "shift+tab", "enter")
    assert app.chosen == ["a2h", "a1v"]


async def test_a_typed_line_shows_its_target_and_is_chosen_with_enter() -> None:
    app = Host(position(Board(5, 5)))
    async with app.run_test() as pilot:
        await pilot.press("b", "3", "enter")
        assert app.chosen == []
        assert app.board.typed == "b3"
        await pilot.press("h")
        assert app.board.cursor == parse_line("b3h")
        await pilot.press("enter")
        assert app.chosen == ["b3h"]
        assert app.board.typed == ""


async def test_what_is_typed_can_be_taken_back() -> None:
    app = Host(position(Board(5, 5)))
    async with app.run_test() as pilot:
        await pilot.press("b", "3", "backspace")
        assert app.board.typed == "b"
        await pilot.press("escape")
        assert app.board.typed == ""
        await pilot.press("c", "left")
        assert app.board.typed == ""


async def test_a_column_named_like_a_moving_key_begins_with_a_capital() -> None:
    app = Host(position(Board(10, 10)))
    async with app.run_test() as pilot:
        await pilot.press("H", "3", "v", "enter")
    assert app.chosen == ["h3v"]


@pytest.mark.parametrize("size", [(80, 24), (30, 10)])
async def test_a_click_chooses_the_line_under_the_mouse(size: tuple[int, int]) -> None:
    app = Host(position(Board(3, 3)))
    async with app.run_test(size=size) as pilot:
        await pilot.click(BoardView, app.middle_of(parse_line("b2v")))
        await pilot.click(BoardView, app.middle_of(parse_line("c3h")))
    assert app.chosen == ["b2v", "c3h"]


async def test_the_mouse_previews_a_line_until_it_leaves() -> None:
    app = Host(position(Board(3, 3)))
    async with app.run_test() as pilot:
        await pilot.hover(BoardView, app.middle_of(parse_line("a1h")))
        assert app.board.hovered == parse_line("a1h")
        assert "+..." in "".join(app.drawn())
        app.board.on_leave()
        assert app.board.hovered is None


async def test_a_pending_line_looks_neither_free_nor_drawn() -> None:
    app = Host(position(Board(1, 1)))
    async with app.run_test(size=(9, 4)) as pilot:
        app.board.pending = parse_line("a1h")
        await pilot.pause()
        assert app.drawn()[1] == " 1 +~~~+"
        app.board.position = position(Board(1, 1), "a1h")
        await pilot.pause()
        assert app.drawn()[1] == " 1 +---+"


async def test_the_cursor_looks_different_on_a_free_and_on_a_taken_line() -> None:
    app = Host(position(Board(1, 1), "a1h"))
    async with app.run_test():
        free = app.board.get_component_rich_style("board--cursor-free")
        taken = app.board.get_component_rich_style("board--cursor-taken")
        looks = {}
        for name in ("a1h", "a2h"):
            app.board.cursor = parse_line(name)
            segments = [s for y in range(24) for s in app.board.render_line(y)]
            looks[name] = {s.style for s in segments} & {free, taken}
    assert (looks["a1h"], looks["a2h"]) == ({taken}, {free})


async def test_a_large_board_scrolls_and_follows_the_cursor() -> None:
    app = Host(position(Board(20, 20)))
    async with app.run_test(size=(40, 15)) as pilot:
        for name in ("u20v", "a1h", "t21h"):
            app.board.cursor = parse_line(name)
            await pilot.pause()
            cells, scrolled = region_of(parse_line(name)), app.board.scroll_offset
            assert 0 <= cells.x - scrolled.x <= app.board.size.width - 3 - cells.width
            assert 0 <= cells.y - scrolled.y <= app.board.size.height - 2
        assert app.drawn()[0].endswith("u")


async def test_a_scrolled_board_takes_clicks_where_they_fall() -> None:
    app = Host(position(Board(20, 20)))
    async with app.run_test(size=(40, 15)) as pilot:
        app.board.cursor = parse_line("t21h")
        await pilot.pause()
        cells = region_of(parse_line("s20v"))
        at = Offset(3 + cells.x, 1 + cells.y) - app.board.scroll_offset
        await pilot.click(BoardView, at)
    assert app.chosen == ["s20v"]


async def test_one_more_line_refreshes_only_its_cells() -> None:
    app = Host(position(Board(10, 10)))
    async with app.run_test() as pilot:
        await pilot.pause()
        before = app.board.position
        app.board._exchange_repaint_regions()  # noqa: SLF001 - what Textual will draw again
        app.board.position = before.draw(parse_line("a1h"))
        regions = app.board._exchange_repaint_regions()  # noqa: SLF001
    assert sum(region.area for region in regions) == 3
