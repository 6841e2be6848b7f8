"""The processes on the screen."""

from clouds_edges.client.admin.dialogs import TextScreen
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.client.screens.questions import Confirmation
from clouds_edges.protocol.admin import (
    PauseProcess,
    RebuildProcess,
    ResumeProcess,
    RetryStuck,
    SkipStuck,
)
from tests.client.admin.looking import View, looking_at
from tests.client.admin.operator_in_memory import OperatorInMemory, process, stuck

LIST, STUCK = "#processes-list", "#stuck-list"


def operator_of() -> OperatorInMemory:
    one, two = stuck("game/one"), stuck("game/two", is_parked=False)
    bots = process("play-bots", one, two)
    return OperatorInMemory(processes=(process("start-game", state="paused"), bots))


async def come_to(view: View) -> None:
    await view.press("3")
    await view.until(lambda: view.lines(LIST)[0].startswith("start-game"))


async def test_processes_are_listed_with_what_they_are_stuck_at() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        assert view.lines(LIST)[0].split() == ["start-game", "paused", "9", "0", "-", "2"]
        assert "1 parked, 1 tried again" in view.lines(LIST)[1]
        parked, tried = view.lines(STUCK)
        assert parked.split()[:5] == ["play-bots", "game/one@2", "parked", "5", "3"]
        assert "KeyError: 'seat'" in parked
        assert "tried again" in tried


async def test_nothing_stuck_is_said_and_offers_nothing() -> None:
    async with looking_at(OperatorInMemory(processes=(process("play-bots"),))) as view:
        await view.press("3")
        await view.until(lambda: view.lines(STUCK) == ("No process is stuck",))
        await view.press("t", "s", "g", "tab", "enter")
        assert view.admin.pane.id == "processes"
        assert view.operator.kinds().count("retry_stuck") == 0


async def test_p_and_r_pause_and_resume_the_highlighted_one() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        await view.press("down", "p", "r")
        await view.until(lambda: len(view.notices) == 2)
        assert view.operator.last(PauseProcess).process == "play-bots"
        assert view.operator.last(ResumeProcess).process == "play-bots"
        assert view.notices == ["Done: pause_process", "Done: resume_process"]


async def test_a_rebuild_is_asked_for_once() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        await view.press("b")
        assert isinstance(view.app.screen, Confirmation)
        await view.press("y")
        await view.until(lambda: view.notices == ["Done: rebuild_process"])
        assert view.operator.last(RebuildProcess).process == "start-game"


async def test_what_is_stuck_is_retried_from_its_own_list() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        await view.press("tab", "down", "t")
        await view.until(lambda: view.notices == ["Done: retry_stuck"])
        asked = view.operator.last(RetryStuck)
        assert (asked.process, asked.stream) == ("play-bots", "game/two")


async def test_skipping_is_asked_for_once_and_can_be_left() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        await view.press("s", "n")
        assert "skip_stuck" not in view.operator.kinds()
        await view.press("s", "y")
        await view.until(lambda: view.notices == ["Done: skip_stuck"])
        asked = view.operator.last(SkipStuck)
        assert (asked.process, asked.stream) == ("play-bots", "game/one")


async def test_what_is_refused_is_a_notice() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        view.operator.refusals["retry_stuck"] = "[b]it is not stuck"
        await view.press("t")
        await view.until(lambda: view.notices == ["[b]it is not stuck"])


async def test_enter_explains_a_process_and_what_is_stuck() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        await view.press("enter")
        assert isinstance(view.app.screen, TextScreen)
        assert "state     paused" in view.app.screen.query_one(TextView).text
        await view.press("escape", "tab", "enter")
        page = view.app.screen
        assert isinstance(page, TextScreen)
        assert "parked, until it is retried or skipped" in page.query_one(TextView).text
        await view.press("g")
        await view.until(lambda: view.admin.pane.id == "aggregates")


async def test_g_goes_to_the_aggregate_of_what_is_stuck() -> None:
    operator = operator_of()
    operator.happen("game/one", "game/one")
    async with looking_at(operator) as view:
        await come_to(view)
        await view.press("g")
        await view.until(lambda: view.words("#version").startswith("version 2 of 2"))
