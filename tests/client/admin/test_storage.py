"""The files of the server on the screen."""

import pytest

from clouds_edges.client.admin.dialogs import Form, TextScreen
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.protocol.admin import ShowRows
from tests.client.admin.looking import View, looking_at
from tests.client.admin.operator_in_memory import TABLE, OperatorInMemory

LIST, ROWS = "#tables", "#rows"


def operator_of(number: int) -> OperatorInMemory:
    rows: list[tuple[object, ...]] = [(at, f"[b]row {at}") for at in range(1, number + 1)]
    return OperatorInMemory(rows=rows)  # type: ignore[arg-type]  # they are JSON


async def open_table(view: View) -> None:
    await view.press("5")
    await view.until(lambda: view.lines(LIST)[0].split() == ["events.db", "events"])
    await view.press("enter")


async def test_a_table_is_opened_at_its_first_page() -> None:
    async with looking_at(operator_of(3)) as view:
        await open_table(view)
        await view.until(lambda: view.lines(ROWS)[0].split() == ["1", "[b]row", "1"])
        assert view.words("StoragePane .heading") == "events.db events | page 1 | 100 a page"


async def test_pages_are_turned_forth_and_back() -> None:
    async with looking_at(operator_of(150)) as view:
        await open_table(view)
        await view.until(lambda: "row 1" in view.lines(ROWS)[0])
        await view.press("n")
        await view.until(lambda: "row 101" in view.lines(ROWS)[0])
        await view.press("n")
        assert view.notices == ["This is the last page"]
        await view.press("p")
        await view.until(lambda: view.lines(ROWS)[0].endswith("row 1"))


async def test_v_turns_the_order_round() -> None:
    async with looking_at(operator_of(3)) as view:
        await open_table(view)
        await view.press("v")
        await view.until(lambda: "row 3" in view.lines(ROWS)[0])
        await view.press("v")
        await view.until(lambda: "row 1" in view.lines(ROWS)[0])


async def test_rows_are_asked_for_with_a_form() -> None:
    async with looking_at(operator_of(3)) as view:
        await open_table(view)
        await view.press("slash")
        assert isinstance(view.app.screen, Form)
        await view.fill("prefix", "game/")
        await view.fill("start", "game/m")
        await view.fill("limit", "many")
        await view.press("enter")
        assert isinstance(view.app.screen, Form)
        await view.fill("limit", "2")
        await view.fill("reverse", "yes")
        await view.press("enter")
        await view.until(lambda: view.operator.last(ShowRows).limit == 2)
        asked = view.operator.last(ShowRows)
        assert (asked.prefix, asked.start, asked.reverse) == ("game/", "game/m", True)


async def test_enter_shows_a_row_whole() -> None:
    async with looking_at(operator_of(3)) as view:
        await open_table(view)
        await view.until(lambda: "row 1" in view.lines(ROWS)[0])
        await view.press("down", "enter")
        page = view.app.screen
        assert isinstance(page, TextScreen)
        assert '"data": "[b]row 2"' in page.query_one(TextView).text


async def test_what_is_stored_is_read_again_when_asked_for() -> None:
    async with looking_at(operator_of(1)) as view:
        await open_table(view)
        await view.until(lambda: "row 1" in view.lines(ROWS)[0])
        view.operator.rows.insert(0, (0, "row 0"))
        await view.press("r")
        await view.until(lambda: "row 0" in view.lines(ROWS)[0])


async def test_an_empty_table_says_so_and_a_refusal_why() -> None:
    async with looking_at(operator_of(0)) as view:
        await open_table(view)
        await view.until(lambda: view.lines(ROWS)[0].startswith("No row is like that"))
        view.operator.refusals["show_rows"] = "no key begins with a text"
        await view.press("r", "enter")
        await view.until(lambda: view.lines(ROWS) == ("No key begins with a text",))


async def test_escape_goes_back_to_the_tables() -> None:
    async with looking_at(operator_of(1)) as view:
        await open_table(view)
        await view.press("escape", "slash", "n", "v")
        assert view.app.focused is view.admin.query_one(LIST).query_one("OptionList")


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_the_table_that_is_or_was_open_stays_highlighted(size: tuple[int, int]) -> None:
    another = TABLE.model_copy(update={"table": "commands"})
    operator = operator_of(1)
    operator.tables = (another, TABLE)
    async with looking_at(operator, size=size) as view:
        await view.press("5")
        await view.until(lambda: len(view.lines(LIST)) == 2)
        await view.press("down", "enter")
        await view.until(lambda: "row 1" in view.lines(ROWS)[0])
        assert view.admin.query_one(LIST, Listing).key == "events.db events"
        await view.press("escape")
        assert view.admin.query_one(LIST, Listing).key == "events.db events"
