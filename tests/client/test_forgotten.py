"""A name that is forgotten leaves the screens of those who had been told of it."""

from textual.pilot import Pilot

from clouds_edges.client.network import AppEnd
from clouds_edges.client.screens.game import GameScreen
from clouds_edges.client.server_view import ServerView, seen
from clouds_edges.client.widgets.table_list import TableList
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.protocol.messages import ForgottenAre, Happened, LobbyIs
from clouds_edges.rules import parse_line
from tests.client.app_in_memory import SMALL, app_of, game_of_two, settle, words
from tests.client.server_in_memory import ServerInMemory

BOB_IS = ForgottenAre(players=(PlayerId("Bob"),))


def listed(pilot: Pilot[AppEnd], name: str) -> str:
    """The first game in one of the lists of the lobby."""
    return str(pilot.app.screen.query_one(f"#{name}", TableList).get_option_at_index(0).prompt)


async def test_a_forgotten_name_leaves_the_open_lobby() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    server.arrange(OpenGame(board=SMALL), server.player("Bob"))
    server.arrange(OpenGame(board=SMALL), server.player("Cyd"))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert "Bob" in listed(pilot, "open")  # the control
        connection.say(BOB_IS)
        await settle(pilot)
        assert listed(pilot, "open") == "1x2 boxes · forgotten Bob · 1 of 2 seats taken"
        assert "Cyd" in str(app.view.lobby)


async def test_a_forgotten_name_leaves_the_open_game_and_what_was_said_in_it() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot)
        server.play(stream, DrawLine(parse_line("a1h")), server.player("Bob"))
        await settle(pilot)
        assert words(app.screen, "#said") == "Bob drew a1h"
        connection.say(BOB_IS)
        await settle(pilot)
        assert words(app.screen, "#said") == ""
        assert "forgotten Bob" in words(app.screen, "#seat-1")
        server.play(stream, DrawLine(parse_line("a2h")), server.player("Ann"))
        await settle(pilot)
        assert words(app.screen, "#turn") == "forgotten Bob is to draw"


async def test_what_is_told_later_by_the_old_name_comes_without_it() -> None:
    """An order may have been on its way while its giver was forgotten."""
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        connection.say(BOB_IS)
        await game_of_two(server, pilot)
        assert isinstance(app.screen, GameScreen)
        assert words(app.screen, "#turn") == "forgotten Bob is to draw"
        assert "'Bob'," not in str(app.view.lobby).replace("id='Bob',", "")


def test_who_is_forgotten_stays_so_when_the_lobby_is_shown_again() -> None:
    server = ServerInMemory()
    server.arrange(OpenGame(board=SMALL), server.player("Bob"))
    (game,) = server.lobby.tables
    shown = LobbyIs(stream=MAIN_LOBBY, version=1, lobby=server.lobby)
    server.arrange(JoinGame(game), server.player("Ann"))
    later = Happened(stream=MAIN_LOBBY, version=3, events=tuple(server.streams[MAIN_LOBBY][1:]))
    view = ServerView()
    for update in (BOB_IS, shown, shown, later):
        view = seen(view, update, None)
    assert view.lobby is not None
    names = [seat.player.name for seat in view.lobby.tables[game].taken]
    assert names == ["forgotten Bob", "Ann"]
