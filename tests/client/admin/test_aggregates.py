"""The streams, and their states, on the screen."""

import json

import pytest

from clouds_edges.client.admin.dialogs import ShortAnswer, TextScreen, VersionQuestion
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.protocol.admin import CheckStream, ListAggregates, ShowState
from tests.client.admin.looking import View, looking_at
from tests.client.admin.operator_in_memory import OperatorInMemory

LIST = "#streams"


def operator_of(**versions: int) -> OperatorInMemory:
    operator = OperatorInMemory()
    for name, version in versions.items():
        operator.happen(*[f"game/{name}"] * version)
    return operator


def streams(view: View) -> list[str]:
    return [line.split()[0] for line in view.lines(LIST)]


def shown_version(view: View) -> str:
    return view.words("#version").split("\n")[0]


async def open_first(view: View, words: str) -> None:
    await view.press("2")
    await view.until(lambda: "game/" in view.lines(LIST)[0])
    await view.press("enter")
    await view.until(lambda: shown_version(view) == words)


async def test_streams_are_listed_with_their_events() -> None:
    async with looking_at(operator_of(one=3, two=1)) as view:
        await view.press("2")
        await view.until(lambda: streams(view) == ["game/one", "game/two"])
        assert view.lines(LIST)[0].split() == ["game/one", "3", "2026-11-24", "12:00:03"]


async def test_no_stream_is_said() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.press("2", "c", "left", "enter")
        await view.until(lambda: view.lines(LIST) == ("No stream yet",))


async def test_streams_are_filtered_by_how_they_begin() -> None:
    async with looking_at(operator_of(one=1, two=1)) as view:
        await view.press("2", "slash")
        assert isinstance(view.app.screen, ShortAnswer)
        await view.press(*"game/t", "enter")
        await view.until(lambda: streams(view) == ["game/two"])
        assert view.words(".list .heading") == "game/t*"
        await view.press("slash", *"x", "enter")
        await view.until(lambda: view.lines(LIST) == ("No stream begins like that; / changes it",))


async def test_pages_of_streams_are_turned() -> None:
    names = {f"g{number:03d}": 1 for number in range(150)}
    async with looking_at(operator_of(**names)) as view:
        await view.press("2")
        await view.until(lambda: streams(view)[-1] == "game/g099")
        assert view.words(".list .heading") == "all streams, page 1"
        await view.press("n")
        await view.until(lambda: streams(view)[0] == "game/g100")
        await view.press("n")
        assert view.notices == ["This is the last page"]
        await view.press("p")
        await view.until(lambda: streams(view)[0] == "game/g000")
        assert view.operator.last(ListAggregates).after == ""


async def test_enter_shows_the_latest_state_and_the_event_that_made_it() -> None:
    async with looking_at(operator_of(one=3)) as view:
        await open_first(view, "version 3 of 3")
        assert view.words("#version").endswith("made by line_drawn, by ann, 2026-11-24 12:00:03")
        state = json.loads(view.admin.query_one("#state", TextView).text)
        assert state == {"lines": 3, "names": ["Ann", "[b]Bob"]}


async def test_versions_are_stepped_through_with_the_arrows() -> None:
    async with looking_at(operator_of(one=3)) as view:
        await open_first(view, "version 3 of 3")
        await view.press("left")
        await view.until(lambda: shown_version(view) == "version 2 of 3")
        await view.press("left", "left", "left", "left")
        await view.until(lambda: view.words("#version").endswith("before the first event"))
        await view.press("m")
        assert "No event made this" in view.notices[-1]
        await view.press("right", "l", "h")
        await view.until(lambda: shown_version(view) == "version 1 of 3")


async def test_the_latest_state_follows_what_happens() -> None:
    async with looking_at(operator_of(one=3)) as view:
        await open_first(view, "version 3 of 3")
        view.operator.happen("game/one")
        await view.until(lambda: shown_version(view) == "version 4 of 4")


async def test_an_earlier_state_stands_still_while_things_happen() -> None:
    async with looking_at(operator_of(one=3)) as view:
        await open_first(view, "version 3 of 3")
        await view.press("left")
        await view.until(lambda: shown_version(view) == "version 2 of 3")
        view.operator.happen("game/one")
        await view.until(lambda: shown_version(view) == "version 2 of 4")
        await view.press("e")
        await view.until(lambda: shown_version(view) == "version 4 of 4")


async def test_what_happens_elsewhere_does_not_fold_the_stream_again() -> None:
    async with looking_at(operator_of(one=3)) as view:
        await open_first(view, "version 3 of 3")
        asked = view.operator.kinds().count("show_state")
        view.operator.happen("game/two")
        await view.until(lambda: "game/two" in streams(view))
        assert view.operator.kinds().count("show_state") == asked


async def test_a_version_is_gone_to_by_its_number() -> None:
    async with looking_at(operator_of(one=12)) as view:
        await open_first(view, "version 12 of 12")
        await view.press("v")
        assert isinstance(view.app.screen, VersionQuestion)
        await view.press("7", "enter")
        await view.until(lambda: shown_version(view) == "version 7 of 12")


@pytest.mark.parametrize("typed", ["13", "-1", "[b]", "999999999999"])
async def test_a_version_that_there_is_not_is_refused_at_once(typed: str) -> None:
    async with looking_at(operator_of(one=12)) as view:
        await open_first(view, "version 12 of 12")
        await view.press("v", *typed, "enter")
        assert isinstance(view.app.screen, VersionQuestion)
        assert str(view.app.screen.query_one(".trouble").render()) == "A number from 0 to 12"


async def test_m_shows_the_event_that_made_the_state() -> None:
    async with looking_at(operator_of(one=2)) as view:
        await open_first(view, "version 2 of 2")
        await view.press("m")
        page = view.app.screen
        assert isinstance(page, TextScreen)
        assert "kind      line_drawn" in page.query_one(TextView).text
        await view.press("g")
        assert isinstance(view.app.screen, TextScreen), "it leads nowhere"


async def test_c_checks_the_open_stream() -> None:
    async with looking_at(operator_of(one=2)) as view:
        await open_first(view, "version 2 of 2")
        await view.press("c")
        await view.until(lambda: view.words("#check").startswith("whole: 2 events"))
        view.operator.problem = "the hash of version 2 is broken"
        await view.press("c")
        await view.until(lambda: view.words("#check").startswith("NOT WHOLE after version 1"))
        view.operator.refusals["check_stream"] = "it cannot be read"
        await view.press("c")
        await view.until(lambda: view.words("#check") == "It cannot be read")


async def test_c_checks_the_highlighted_stream_of_the_list() -> None:
    async with looking_at(operator_of(one=2)) as view:
        await view.press("2")
        await view.until(lambda: streams(view) == ["game/one"])
        await view.press("c")
        await view.until(lambda: bool(view.notices))
        assert view.notices[0].startswith("game/one is whole: 2 events")
        assert view.operator.last(CheckStream).stream == "game/one"


async def test_a_state_that_is_refused_is_said_why() -> None:
    async with looking_at(operator_of(one=2)) as view:
        view.operator.refusals["show_state"] = "it can be read up to version 1 only"
        await open_first(view, "It can be read up to version 1 only")
        await view.press("left", "m")
        assert view.operator.last(ShowState).version is None


async def test_escape_goes_back_to_the_list() -> None:
    async with looking_at(operator_of(one=2)) as view:
        await open_first(view, "version 2 of 2")
        assert not view.admin.query_one(".list").display or view.admin.has_class("-wide")
        await view.press("escape")
        assert view.admin.query_one("AggregatesPane .list").display
        assert view.app.focused is view.admin.query_one(LIST).query_one("OptionList")


async def test_escape_goes_back_to_the_stream_that_was_open() -> None:
    async with looking_at(operator_of(one=2, two=2, zoo=2)) as view:
        await view.press("2")
        await view.until(lambda: len(streams(view)) == 3)
        await view.press("down", "enter")
        await view.until(lambda: shown_version(view) == "version 2 of 2")
        await view.press("escape", "c")
        await view.until(lambda: bool(view.notices))
        assert view.operator.last(CheckStream).stream == "game/two"


async def test_a_wide_terminal_shows_the_list_beside_the_state() -> None:
    async with looking_at(operator_of(one=2), size=(160, 50)) as view:
        await open_first(view, "version 2 of 2")
        places = [
            view.admin.query_one(f"AggregatesPane {one}").region for one in (".list", ".detail")
        ]
        assert all(place.width >= 40 for place in places)
