"""The server's figures on the screen, and freezing."""

import pytest

from clouds_edges.client.admin.dialogs import ReasonQuestion, TextScreen
from clouds_edges.client.screens.questions import Confirmation
from clouds_edges.protocol.admin import FreezeServer
from clouds_edges.protocol.admin_answers import QuarantinedRow
from tests.client.admin.looking import looking_at
from tests.client.admin.operator_in_memory import OperatorInMemory, system

QUARANTINE = "#quarantined"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 50)])
async def test_all_figures_are_shown_where_there_is_room(size: tuple[int, int]) -> None:
    async with looking_at(OperatorInMemory(), size=size) as view:
        await view.press("6")
        await view.until(lambda: "SQLite       3.54.1" in view.words("#figures"))
        figures = view.words("#figures")
        for words in ("1 h 2 min", "/srv/games", "6.0 MiB", "2026-11-24 12:00:00 UTC"):
            assert words in figures
        assert max(map(len, figures.split("\n"))) <= size[0] - 4
        assert view.words("#rates").startswith("4.2 events a second, at most 4.2")


async def test_the_last_days_are_drawn_below_the_figures() -> None:
    operator = OperatorInMemory(lines_a_day=(0, 1, 600, *[0] * 10, 1200))
    async with looking_at(operator, is_ascii=True) as view:
        await view.press("6")
        await view.until(lambda: "14 days" in view.words("#days"))
        assert (
            view.words("#days") == " .=          @  lines in the last 14 days, at most 1 200 a day"
        )
        assert view.admin.query_one("#days").region.bottom <= 24 - 2
        assert view.operator.kinds().count("show_activity") == 1


async def test_days_without_a_line_are_told_in_words() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.press("6")
        await view.until(lambda: view.words("#days") == "no lines in the last 14 days")


async def test_the_days_are_asked_for_again_after_a_while() -> None:
    operator = OperatorInMemory()
    async with looking_at(operator) as view:
        await view.press("6")
        await view.until(lambda: view.words("#days").startswith("no lines"))
        operator.lines_a_day = (0,) * 13 + (7,)
        later = operator.system.now.replace(minute=1)
        operator.system = operator.system.model_copy(update={"now": later})
        await view.until(lambda: "at most 7 a day" in view.words("#days"))


async def test_days_that_cannot_be_told_hide_none_of_the_figures() -> None:
    operator = OperatorInMemory(refusals={"show_activity": "activity is being made anew"})
    async with looking_at(operator) as view:
        await view.press("6")
        await view.until(lambda: view.words("#days") == "Activity is being made anew")
        assert "3.54.1" in view.words("#figures")


async def test_freezing_asks_for_the_reason_once() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.press("6", "f")
        assert isinstance(view.app.screen, ReasonQuestion)
        await view.press("enter")
        assert isinstance(view.app.screen, ReasonQuestion), "a reason is needed"
        await view.press(*"moving", "enter")
        await view.until(lambda: view.status == "= FROZEN, nothing is recorded: moving")
        assert view.operator.last(FreezeServer).reason == "moving"
        await view.press("f")
        assert not isinstance(view.app.screen, ReasonQuestion), "it is frozen already"


async def test_unfreezing_is_asked_for_once() -> None:
    async with looking_at(OperatorInMemory(system=system(frozen="moving"))) as view:
        await view.press("6")
        await view.until(lambda: "3.54.1" in view.words("#figures"))
        await view.press("u", "n")
        assert "unfreeze_server" not in view.operator.kinds()
        await view.press("u")
        assert isinstance(view.app.screen, Confirmation)
        await view.press("y")
        await view.until(lambda: view.status.startswith("*"))
        await view.press("u")
        assert not isinstance(view.app.screen, Confirmation), "it is not frozen any more"


async def test_freezing_can_be_left() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.press("6", "f", *"moving", "escape")
        assert "freeze_server" not in view.operator.kinds()


async def test_streams_in_quarantine_are_listed_and_lead_to_their_aggregate() -> None:
    rows = (QuarantinedRow(stream="game/one", version=3, error="a broken hash"),)
    operator = OperatorInMemory(system=system(quarantined=rows))
    operator.happen("game/one")
    async with looking_at(operator) as view:
        await view.press("6")
        await view.until(lambda: view.lines(QUARANTINE)[0].startswith("game/one"))
        assert "1 stream in quarantine" in view.status
        await view.press("tab", "enter")
        assert isinstance(view.app.screen, TextScreen)
        await view.press("escape", "g")
        await view.until(lambda: view.admin.pane.id == "aggregates")


async def test_the_picture_grows_with_the_seconds() -> None:
    operator = OperatorInMemory()
    async with looking_at(operator, is_ascii=True) as view:
        await view.press("6")
        await view.until(lambda: view.words("#picture").strip() == "@")
        later = operator.system.now.replace(second=1)
        operator.system = operator.system.model_copy(update={"now": later, "events_a_second": 2.0})
        await view.until(lambda: view.words("#picture").strip() == "@=")
