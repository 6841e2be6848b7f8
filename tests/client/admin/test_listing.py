"""A list by itself."""

import pytest
from textual.app import App, ComposeResult

from clouds_edges.client.admin.columns import Column
from clouds_edges.client.admin.marks import UNICODE_MARKS
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.admin.words import Row


class _Shown(App[None]):
    def __init__(self, *, follows_top: bool = False) -> None:
        super().__init__()
        self._follows_top = follows_top

    def compose(self) -> ComposeResult:
        columns = (Column("stream"), Column("kind"))
        yield Listing(columns, UNICODE_MARKS, id="shown", follows_top=self._follows_top)


async def test_the_highlighted_row_stays_when_the_room_changes() -> None:
    app = _Shown()
    async with app.run_test() as pilot:
        listing = app.query_one(Listing)
        listing.show([Row(str(number), ("x" * 99, "y")) for number in range(50)], "nothing")
        listing.options.highlighted = 30
        await pilot.pause()
        line, top = listing.lines[30], listing.options.scroll_offset.y
        await pilot.resize_terminal(40, 24)
        await pilot.pause()
        assert listing.lines[30] != line, "it was not drawn again"
        assert (listing.key, listing.options.scroll_offset.y) == ("30", top)


@pytest.mark.parametrize(("follows_top", "key"), [(False, "b"), (True, "a")])
async def test_who_is_at_the_top_stays_there_only_where_that_is_followed(
    *, follows_top: bool, key: str
) -> None:
    app = _Shown(follows_top=follows_top)
    async with app.run_test():
        listing = app.query_one(Listing)
        listing.show([Row("b", ("b", "x")), Row("c", ("c", "x"))], "nothing")
        listing.show([Row(one, (one, "x")) for one in "abc"], "nothing")
        assert listing.key == key


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\t"])
async def test_a_row_is_one_line_whatever_is_in_its_cells(ending: str) -> None:
    app = _Shown()
    async with app.run_test() as pilot:
        listing = app.query_one(Listing)
        listing.show([Row("1", (f"game/a{ending}b", "x")), Row("2", ("game/c", "y"))], "nothing")
        await pilot.pause()
        assert listing.options.virtual_size.height == 2
        assert listing.titles.index("kind") == listing.lines[0].index("x")
