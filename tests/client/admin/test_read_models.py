"""The read models on the screen."""

from clouds_edges.client.admin.dialogs import TextScreen
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.client.screens.questions import Confirmation
from clouds_edges.protocol.admin import (
    InterruptRebuild,
    PauseReadModel,
    RebuildReadModel,
    ResetReadModel,
    ResumeReadModel,
)
from tests.client.admin.looking import View, looking_at
from tests.client.admin.operator_in_memory import OperatorInMemory, read_model

LIST = "#models-list"


def operator_of() -> OperatorInMemory:
    broken = read_model("games", state="stopped", error="no such table: games")
    return OperatorInMemory(read_models=(read_model("players"), broken))


async def come_to(view: View) -> None:
    await view.press("4")
    await view.until(lambda: view.lines(LIST)[0].startswith("players"))


async def test_read_models_are_listed_with_their_errors() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        assert view.lines(LIST)[0].split() == ["players", "following", "9", "1", "-"]
        assert "no such table: games" in view.lines(LIST)[1]


async def test_a_server_without_read_models_says_so() -> None:
    async with looking_at(OperatorInMemory()) as view:
        await view.press("4", "b", "x", "enter")
        await view.until(lambda: view.lines(LIST) == ("This server has no read models",))


async def test_the_bar_of_a_rebuild_moves() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        for at, bar in ((250, "███░░░░░░░░░  25 %"), (500, "██████░░░░░░  50 %")):
            view.operator.read_models = (read_model("players", rebuilt_to=at),)
            await view.until(lambda bar=bar: bar in view.lines(LIST)[0])  # type: ignore[misc]
        assert view.admin.pane.pace < 1, "it is looked at more often meanwhile"
        view.operator.read_models = (read_model("players"),)
        await view.until(lambda: "%" not in view.lines(LIST)[0])
        assert view.admin.pane.pace == 1


async def test_the_bar_is_drawn_in_ascii_where_nothing_else_can_be() -> None:
    operator = OperatorInMemory(read_models=(read_model("players", rebuilt_to=500),))
    async with looking_at(operator, is_ascii=True) as view:
        await view.press("4")
        await view.until(lambda: "######------  50 %" in view.lines(LIST)[0])


async def test_the_keys_do_what_they_say_to_the_highlighted_one() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        await view.press("down", "b", "i", "p", "r", "a")
        await view.until(lambda: len(view.notices) == 5)
        assert view.operator.last(RebuildReadModel).read_model == "games"
        assert view.operator.last(InterruptRebuild).read_model == "games"
        assert view.operator.last(PauseReadModel).read_model == "games"
        assert view.operator.last(ResumeReadModel).read_model == "games"
        assert "rebuild_all_read_models" in view.operator.kinds()


async def test_a_reset_is_asked_for_once() -> None:
    async with looking_at(operator_of()) as view:
        await come_to(view)
        await view.press("x")
        assert isinstance(view.app.screen, Confirmation)
        await view.press("escape", "x", "y")
        await view.until(lambda: view.notices == ["Done: reset_read_model"])
        assert view.operator.last(ResetReadModel).read_model == "players"
        assert view.operator.kinds().count("reset_read_model") == 1


async def test_enter_shows_the_whole_error() -> None:
    async with looking_at(operator_of(), size=(60, 20)) as view:
        await come_to(view)
        await view.press("down", "enter")
        assert isinstance(view.app.screen, TextScreen)
        assert "no such table: games" in view.app.screen.query_one(TextView).text
