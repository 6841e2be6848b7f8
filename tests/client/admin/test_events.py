"""The event log on the screen."""

from textual.widgets import Input

from clouds_edges.client.admin.dialogs import Form, TextScreen
from clouds_edges.client.admin.panes.events import EventsPane
from clouds_edges.client.admin.screen import AdminScreen
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.protocol.admin import ListEvents, ShowState
from tests.client.admin.looking import View, looking_at
from tests.client.admin.operator_in_memory import OperatorInMemory

LIST = "#events-list"


def positions(view: View) -> list[str]:
    return [line.split()[0] for line in view.lines(LIST)]


def operator_of(number: int) -> OperatorInMemory:
    operator = OperatorInMemory()
    operator.happen(*["game/one"] * number)
    return operator


async def test_the_newest_event_is_on_top() -> None:
    async with looking_at(operator_of(3)) as view:
        await view.until(lambda: positions(view) == ["3", "2", "1"])
        assert view.words(".heading") == "all events | following"
        assert "line=a3h" in view.lines(LIST)[0]


async def test_an_empty_log_says_so() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.until(lambda: view.lines(LIST) == ("Nothing has happened yet",))
        await view.press("enter", "g", "n", "p")


async def test_lines_have_room_beside_the_scroll_bar() -> None:
    """Without the bar, all columns would just fit."""
    async with looking_at(operator_of(50), size=(62, 20)) as view:
        await view.until(lambda: len(positions(view)) == 50)
        await view.pilot.pause()
        options = view.admin.query_one(EventsPane).listing.options
        assert options.scrollbars_enabled == (True, False)
        drawn = [options.render_line(y).text.strip() for y in range(5)]
        assert drawn == list(view.lines(LIST)[:5])


async def test_new_events_come_by_themselves_and_the_chosen_one_stays() -> None:
    async with looking_at(operator_of(3)) as view:
        await view.until(lambda: positions(view) == ["3", "2", "1"])
        await view.press("down")
        view.operator.happen("game/two")
        await view.until(lambda: positions(view) == ["4", "3", "2", "1"])
        assert view.admin.query_one(EventsPane).listing.key == "2"


async def test_who_looks_at_the_newest_goes_on_doing_so() -> None:
    async with looking_at(operator_of(3)) as view:
        await view.until(lambda: positions(view) == ["3", "2", "1"])
        view.operator.happen("game/two")
        await view.until(lambda: positions(view) == ["4", "3", "2", "1"])
        assert view.admin.query_one(EventsPane).listing.key == "4"


async def test_f_stands_still_and_follows_again() -> None:
    async with looking_at(operator_of(1)) as view:
        await view.until(lambda: positions(view) == ["1"])
        await view.press("f")
        view.operator.happen("game/one", "game/one")
        await view.until(lambda: "2 events since then" in view.words(".heading"))
        assert positions(view) == ["1"]
        await view.press("f")
        await view.until(lambda: positions(view) == ["3", "2", "1"])


async def test_a_filter_is_typed_into_a_form_and_asked_for() -> None:
    async with looking_at(operator_of(3)) as view:
        view.operator.happen("lobby/main")
        await view.press("slash")
        assert isinstance(view.app.screen, Form)
        await view.press(*"game/", "down", *"line_drawn", "down", *"ann")
        await view.fill("since", "2026-11-24 12:00:02")
        await view.fill("until", "2026-11-24 12:00:03")
        await view.press("enter")
        await view.until(lambda: positions(view) == ["2"])
        asked = view.operator.last(ListEvents)
        assert (asked.stream_prefix, asked.event_kind, asked.actor) == (
            "game/",
            "line_drawn",
            "ann",
        )
        assert view.words(".heading").startswith("stream game/*, kind line_drawn, by ann, since")


async def test_a_filter_that_makes_no_sense_is_refused_in_the_form() -> None:
    async with looking_at(operator_of(1)) as view:
        await view.press("slash")
        await view.fill("since", "[b]soon")
        await view.press("enter")
        assert isinstance(view.app.screen, Form)
        trouble = view.app.screen.query_one(".trouble")
        assert "'[b]soon' is no time" in str(trouble.render())
        await view.press("ctrl+l", "enter")
        await view.until(lambda: positions(view) == ["1"])


async def test_the_form_is_left_with_escape() -> None:
    async with looking_at(operator_of(1)) as view:
        await view.press("slash")
        await view.fill("stream", "nothing")
        await view.press("escape")
        await view.until(lambda: positions(view) == ["1"])


async def test_the_form_remembers_the_filter() -> None:
    async with looking_at(operator_of(1)) as view:
        await view.press("slash", *"players", "enter")
        await view.until(lambda: "No event is like that" in view.lines(LIST)[0])
        await view.press("slash")
        assert view.app.screen.query_one("#stream", Input).value == "players"


async def test_older_events_are_a_page_away() -> None:
    async with looking_at(operator_of(250)) as view:
        await view.until(lambda: positions(view)[:1] == ["250"])
        await view.press("n")
        await view.until(lambda: positions(view)[:1] == ["150"])
        assert "page 2" in view.words(".heading")
        await view.press("n")
        await view.until(lambda: positions(view) == [str(at) for at in range(50, 0, -1)])
        await view.press("n")
        assert view.notices == ["There are no older ones"]
        await view.press("p", "p")
        await view.until(lambda: positions(view)[:1] == ["250"])
        await view.press("p")
        assert view.notices[-1] == "These are the newest"


async def test_an_older_page_stands_still_while_things_happen() -> None:
    async with looking_at(operator_of(150)) as view:
        await view.until(lambda: positions(view)[:1] == ["150"])
        await view.press("n")
        await view.until(lambda: positions(view)[:1] == ["50"])
        asked = len([one for one in view.operator.asked if isinstance(one, ListEvents)])
        view.operator.happen("game/one")
        await view.until(lambda: view.operator.kinds()[-5:] == ["show_system"] * 5)
        assert len([one for one in view.operator.asked if isinstance(one, ListEvents)]) == asked
        await view.press("f")
        await view.until(lambda: positions(view)[:1] == ["151"])


async def test_enter_shows_all_of_an_event() -> None:
    async with looking_at(operator_of(2)) as view:
        await view.until(lambda: len(positions(view)) == 2)
        await view.press("down", "enter")
        page = view.app.screen
        assert isinstance(page, TextScreen)
        text = page.query_one(TextView).text
        assert "stream    game/one, version 1" in text
        assert f"hash      {1:064x}" in text
        assert '  "line": "a1h"' in text
        await view.press("escape")
        assert isinstance(view.app.screen, AdminScreen)


async def test_a_click_shows_all_of_an_event() -> None:
    async with looking_at(operator_of(2)) as view:
        await view.until(lambda: len(positions(view)) == 2)
        await view.pilot.click("#events-list OptionList", offset=(5, 1))
        assert isinstance(view.app.screen, TextScreen)
        assert "version 1" in view.app.screen.query_one(TextView).text


async def test_g_goes_from_an_event_to_its_aggregate() -> None:
    async with looking_at(operator_of(3)) as view:
        await view.until(lambda: len(positions(view)) == 3)
        await view.press("down", "g")
        await view.until(lambda: view.words("#version").startswith("version 2 of 3"))
        assert view.operator.last(ShowState).version == 2
        await view.press("1", "enter", "g")
        await view.until(lambda: view.admin.pane.id == "aggregates")
