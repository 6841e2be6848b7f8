"""The operator's view as a whole: its panes, its status, and what happens when things go wrong."""

from textwrap import wrap

import pytest

from clouds_edges.client.admin.app import AdminApp
from clouds_edges.client.admin.dialogs import Form, TextScreen
from clouds_edges.client.admin.panes.aggregates import AggregatesPane
from clouds_edges.client.admin.panes.events import EventsPane
from clouds_edges.client.admin.panes.processes import ProcessesPane
from clouds_edges.client.admin.panes.read_models import ReadModelsPane
from clouds_edges.client.admin.panes.storage import StoragePane
from clouds_edges.client.admin.panes.system import SystemPane
from clouds_edges.client.admin.screen import AdminScreen
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.client.admin_connection import NoServer, ServerLost
from clouds_edges.client.screens.help import HelpScreen
from clouds_edges.client.screens.too_small import TooSmallScreen
from clouds_edges.client.widgets.words import Words
from tests.client.admin.looking import looking_at
from tests.client.admin.operator_in_memory import OperatorInMemory, system

PANE_CLASSES = (
    EventsPane,
    AggregatesPane,
    ProcessesPane,
    ReadModelsPane,
    StoragePane,
    SystemPane,
)
PANES = ("events", "aggregates", "processes", "models", "storage", "system")
SIZES = [(60, 20), (80, 24), (160, 50)]


async def test_the_number_keys_show_the_panes() -> None:
    async with looking_at(OperatorInMemory()) as view:
        for number, name in enumerate(PANES, 1):
            await view.press(str(number))
            assert view.admin.pane.id == name
            assert view.admin.pane.display
            assert view.admin.pane.has_pseudo_class("focus-within")


async def test_the_mouse_shows_the_panes() -> None:
    async with looking_at(OperatorInMemory()) as view:
        for name in PANES:
            await view.pilot.click(f"#tab-{name}")
            assert view.admin.pane.id == name


@pytest.mark.parametrize("size", SIZES)
async def test_all_names_of_panes_have_room(size: tuple[int, int]) -> None:
    async with looking_at(OperatorInMemory(), size=size) as view:
        for name in PANES:
            name_shown = view.admin.query_one(f"#tab-{name}")
            await view.until(lambda shown=name_shown: 0 < shown.region.right <= size[0])  # type: ignore[misc]


async def test_help_explains_the_pane_that_is_seen() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.press("3", "question_mark")
        assert isinstance(view.app.screen, HelpScreen)
        await view.press("escape", "f1")
        assert isinstance(view.app.screen, HelpScreen)
        await view.press("2")
        assert view.admin.pane.id == "processes", "help is in front of the keys of the panes"


def test_every_binding_has_an_id_of_its_own() -> None:
    classes = (AdminApp, AdminScreen, TextView, Form, TextScreen, *PANE_CLASSES)
    bindings = [one for owner in classes for one in owner.__dict__["BINDINGS"]]
    ids = [one.id for one in bindings]
    assert None not in ids
    assert len(ids) == len(set(ids)) > 50


async def test_q_ends_the_view() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.press("q")
        await view.until(lambda: not view.app.is_running)


async def test_a_frozen_server_is_seen_on_every_pane() -> None:
    async with looking_at(OperatorInMemory()) as view:
        view.operator.system = view.operator.system.model_copy(update={"frozen": "moving"})
        await view.until(lambda: view.status.startswith("= FROZEN"))
        for number in range(1, 7):
            await view.press(str(number))
            assert view.status == "= FROZEN, nothing is recorded: moving"
            assert view.admin.query_one("#status").has_class("-warning")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_what_to_do_about_a_log_out_of_its_place_is_read_whole(size: tuple[int, int]) -> None:
    trouble = (
        "events.db or its -wal was deleted, moved or replaced: stop the server, put "
        "events.rescued.db in the place of events.db, with no -wal or -shm beside it, and start "
        "again"
    )
    operator = OperatorInMemory(system=system(log_trouble=trouble))
    async with looking_at(operator, size=size) as view:
        await view.pilot.pause()
        status = view.admin.query_one("#status", Words)
        assert len(wrap(view.status, size[0] - 2)) <= status.content_size.height
        operator.system = system()
        await view.until(lambda: status.content_size.height == 1)


async def test_a_lost_server_is_said_and_found_again() -> None:
    async with looking_at(OperatorInMemory()) as view:
        view.operator.happen("game/one")
        await view.until(lambda: "game/one" in view.lines("#events-list")[0])
        view.operator.lost = ServerLost("the server went away")
        await view.until(lambda: view.status == "! The server went away. Trying again.")
        assert "game/one" in view.lines("#events-list")[0], "what is known stays"
        view.operator.happen("game/two")
        view.operator.lost = None
        await view.until(lambda: len(view.lines("#events-list")) == 2)
        assert view.status.startswith("*")


async def test_without_a_server_the_view_waits_for_one() -> None:
    operator = OperatorInMemory(lost=NoServer("no server runs on /srv/games: start one"))
    async with looking_at(operator) as view:
        assert view.status == "! No server runs on /srv/games: start one. Trying again."
        operator.lost = None
        await view.until(lambda: view.status.startswith("*"))
        await view.until(lambda: view.lines("#events-list") == ("Nothing has happened yet",))


@pytest.mark.parametrize(
    ("key", "kind", "listing"),
    [
        ("1", "list_events", "#events-list"),
        ("2", "list_aggregates", "#streams"),
        ("3", "list_processes", "#processes-list"),
        ("4", "list_read_models", "#models-list"),
        ("5", "list_tables", "#tables"),
    ],
)
async def test_a_refused_question_is_said_in_its_pane(key: str, kind: str, listing: str) -> None:
    operator = OperatorInMemory(refusals={kind: "the file is broken"})
    async with looking_at(operator) as view:
        await view.press(key)
        await view.until(lambda: view.lines(listing) == ("The file is broken",))
        assert view.status.startswith("*"), "the server is there"


async def test_figures_that_are_refused_are_no_end() -> None:
    operator = OperatorInMemory()
    async with looking_at(operator) as view:
        await view.press("6")
        operator.refusals["show_system"] = "not now"
        await view.until(lambda: view.words("#figures") == "Not now")


async def test_without_figures_the_other_panes_are_alive() -> None:
    operator = OperatorInMemory(refusals={"show_system": "not now"})
    operator.happen("game/one")
    async with looking_at(operator) as view:
        await view.until(lambda: "game/one" in view.lines("#events-list")[0])
        assert view.status == "! Not now. Trying again."
        await view.press("2")
        await view.until(lambda: view.lines("#streams")[0].startswith("game/one"))
        del operator.refusals["show_system"]
        await view.until(lambda: view.status.startswith("*"))


async def test_a_terminal_without_room_is_told_how_much_is_needed() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.pilot.resize_terminal(50, 12)
        assert isinstance(view.app.screen, TooSmallScreen)
        await view.pilot.resize_terminal(60, 20)
        assert not isinstance(view.app.screen, TooSmallScreen)


async def test_only_the_pane_that_is_seen_asks() -> None:
    operator = OperatorInMemory()
    async with looking_at(operator) as view:
        await view.press("6")
        await view.until(lambda: operator.asked[-3:] == [operator.asked[-1]] * 3)
        assert set(operator.kinds()[-3:]) == {"show_system"}


async def test_a_quiet_log_is_not_read_again() -> None:
    operator = OperatorInMemory()
    operator.happen("game/one")
    async with looking_at(operator) as view:
        await view.until(lambda: operator.kinds()[-5:] == ["show_system"] * 5)
        operator.happen("game/one")
        await view.until(lambda: len(view.lines("#events-list")) == 2)


async def test_nothing_that_steers_a_terminal_is_drawn() -> None:
    operator = OperatorInMemory()
    operator.happen("game/\x1b]52;c;aGk=\x07\u202eevil", "[b]bold[/b]")
    async with looking_at(operator) as view:
        await view.until(lambda: len(view.lines("#events-list")) == 2)
        picture = view.app.export_screenshot()
        assert "\u202e" not in picture
        assert "\x1b" not in picture
        assert "[b]bold[/b]" in picture.replace("&#x27;", "'")
