"""What the app offers to do: in the footer, and in the questions before what is final."""

from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Footer

from clouds_edges.client.network import AppEnd
from clouds_edges.client.screens.game import GameScreen
from clouds_edges.client.screens.questions import Confirmation
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import EndGrace, NoteAbsence, OfferDraw, Resign
from clouds_edges.domain.ids import PlayerId, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.protocol.messages import FrozenIs
from tests.client.app_in_memory import PRESENCE, SMALL, app_of, game_of_two, settle, words
from tests.client.server_in_memory import ServerInMemory

PLAYING = ["Line", "Help", "Back", "Offer draw", "Resign"]


def offered(pilot: Pilot[AppEnd]) -> list[str]:
    """What the footer shows."""
    found = pilot.app.screen.query_one(Footer).query("FooterKey")
    return [getattr(key, "description", "") for key in found]


async def test_who_plays_is_offered_what_players_do() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot)
        assert offered(pilot) == PLAYING
        server.play(stream, OfferDraw(), server.player("Bob"))
        await settle(pilot)
        assert {"Agree draw", "Decline"} < {*offered(pilot)}
        assert "Offer draw" not in offered(pilot)
        server.play(stream, NoteAbsence(PlayerId("Bob"), timedelta(0)), PRESENCE)
        server.play(stream, EndGrace(1), PRESENCE)
        await settle(pilot)
        assert "Claim" in offered(pilot)


@pytest.mark.parametrize("width", [60, 80])
async def test_there_is_room_for_everything_that_is_offered(width: int) -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test(size=(width, 24)) as pilot:
        await settle(pilot)
        assert_room(pilot)
        server.arrange(OpenGame(board=SMALL, private=True), server.player("Ann"))
        await pilot.press("l")
        await settle(pilot)
        assert_room(pilot)
        await pilot.press("escape")
        stream = await game_of_two(server, pilot)
        assert_room(pilot)
        server.play(stream, OfferDraw(), server.player("Bob"))
        await settle(pilot)
        assert_room(pilot)


def assert_room(pilot: Pilot[AppEnd]) -> None:
    footer = pilot.app.screen.query_one(Footer)
    assert max(key.region.right for key in footer.query("FooterKey")) <= footer.region.right


async def test_who_watches_and_who_is_done_is_offered_to_go_back() -> None:
    server = ServerInMemory()
    bob, cy = server.player("Bob"), server.player("Cy")
    server.arrange(OpenGame(board=SMALL), bob)
    (game,) = server.lobby.tables
    server.arrange(JoinGame(game), cy)
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l", "tab", "tab", "enter")
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)
        assert offered(pilot) == ["Help", "Back"]
        await pilot.press("enter")
        assert any("watching" in notice.message for notice in app._notifications)  # noqa: SLF001
        server.play(game_stream(game), Resign(), bob)
        await settle(pilot)
        assert offered(pilot) == ["Help", "Back"]


async def test_after_the_end_only_another_game_is_offered() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        assert offered(pilot) == ["Line", "Help", "Back", "Resign"]
        await pilot.press("ctrl+r", "y")
        await settle(pilot)
        assert offered(pilot) == ["Help", "Back", "Play again"]


async def test_while_the_server_is_frozen_nothing_is_offered_that_it_refuses() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        await game_of_two(server, pilot)
        connection.say(FrozenIs(reason="backup", since=datetime(2026, 1, 1, tzinfo=UTC)))
        await settle(pilot)
        assert offered(pilot) == ["Help", "Back"]
        connection.say(FrozenIs(reason=None, since=datetime(2026, 1, 1, tzinfo=UTC)))
        await settle(pilot)
        assert offered(pilot) == PLAYING


async def test_who_has_left_a_game_of_three_is_offered_nothing_more_in_it() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        two = (BotLevel.RANDOM, BotLevel.RANDOM)
        server.arrange(OpenGame(board=SMALL, seats=3, bots=two[:1]), server.player("Ann"))
        (game,) = server.lobby.tables
        server.arrange(JoinGame(game), server.player("Bob"))
        await settle(pilot)
        server.play(game_stream(game), Resign(), server.player("Ann"))
        await settle(pilot)
        assert offered(pilot) == ["Help", "Back"]


async def test_a_draw_at_one_keyboard_is_agreed_on_by_everybody_who_sits_there() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        server.arrange(OpenGame(board=SMALL, neighbours=("Zoe",)), server.player("Ann"))
        await settle(pilot)
        assert "Agree draw" in offered(pilot)
        assert "Offer draw" not in offered(pilot)
        await pilot.press("ctrl+d")
        assert isinstance(app.screen, Confirmation)
        assert words(app.screen, ".question") == "Do Ann and Zoe agree to end this game as a draw?"
        await pilot.press("n")
        await settle(pilot)
        assert words(app.screen, "#turn") == "Ann is to draw"
        await pilot.press("ctrl+d", "y")
        await settle(pilot)
        assert words(app.screen, "#turn") == "Draw 0 : 0 by agreement"


@pytest.mark.parametrize("times", [1, 4])
async def test_the_same_notice_is_shown_once_however_often_it_is_given(times: int) -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test(notifications=True) as pilot:
        await game_of_two(server, pilot)
        await pilot.press(*["enter"] * times)
        await settle(pilot)
        (notice,) = app._notifications  # noqa: SLF001
        assert notice.message == "It is not your turn: Bob is to draw"
        assert len(app.screen.query("Toast")) == 1


async def test_the_lobby_offers_to_take_back_and_to_copy_what_there_is() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert offered(pilot) == ["Help", "Open", "Code", "Back"]
        server.arrange(OpenGame(board=SMALL, private=True), server.player("Ann"))
        await settle(pilot)
        assert offered(pilot) == ["Help", "Open", "Code", "Copy", "Leave", "Back"]
