"""A list by itself."""

import pytest
from textual.app import App, ComposeResult

from clouds_edges.client.admin.columns import Column
from clouds_edges.client.admin.marks import UNICODE_MARKS
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.admin.words import Row


class _Shown(App[None]):
    def compose(self) -> ComposeResult:
        yield Listing((Column("stream"), Column("kind")), UNICODE_MARKS, id="shown")


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\t"])
async def test_a_row_is_one_line_whatever_is_in_its_cells(ending: str) -> None:
    app = _Shown()
    async with app.run_test() as pilot:
        listing = app.query_one(Listing)
        listing.show([Row("1", (f"game/a{ending}b", "x")), Row("2", ("game/c", "y"))], "nothing")
        await pilot.pause()
        assert listing.options.virtual_size.height == 2
        assert listing.titles.index("kind") == listing.lines[0].index("x")
