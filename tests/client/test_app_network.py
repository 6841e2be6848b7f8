"""The app and what is around it: other servers on the network, and the game of an invite."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from clouds_edges.client.app import CloudsEdgesApp
from clouds_edges.client.known_keys import KnownKeys
from clouds_edges.client.network import AppEnd, Network, Onward
from clouds_edges.client.place import Place, place_at
from clouds_edges.client.screens.game import GameScreen
from clouds_edges.client.screens.home import HomeScreen
from clouds_edges.client.screens.lobby import LobbyScreen
from clouds_edges.client.screens.questions import Confirmation
from clouds_edges.client.widgets.server_list import ServerList
from clouds_edges.domain.ids import game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.protocol.invites import fingerprint_of
from clouds_edges.server.certificate import own_identity
from clouds_edges.server.serve import Address, running_server
from tests.client.app_in_memory import PLACE, SMALL, app_of, game_of_two, settle, words
from tests.client.neighbours import DiscoveryInMemory, neighbour, network_of
from tests.client.server_in_memory import ServerInMemory

PATIENCE = 20.0
KEY = fingerprint_of(b"a certificate")
ELSEWHERE = place_at("wss://192.168.1.5:7853", "wss://192.168.1.5:7853", KEY, None)


@pytest.fixture
async def at_work(tmp_path: Path) -> AsyncIterator[Address]:
    """A server that encrypts."""
    identity = own_identity(tmp_path)
    async with running_server("127.0.0.1", 0, tmp_path, identity=identity) as address:
        yield address


def rows(app: CloudsEdgesApp, selector: str = "#network") -> list[str]:
    return [str(option.prompt) for option in app.screen.query_one(selector, OptionList).options]


def notices(app: CloudsEdgesApp) -> list[str]:
    return [notice.message for notice in app._notifications]  # noqa: SLF001 - there is no other way


async def until(pilot: Pilot[AppEnd], condition: Callable[[], bool]) -> None:
    """Wait for what a socket brings."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(0.01)
    await settle(pilot)


async def choose_neighbour(pilot: Pilot[AppEnd]) -> None:
    await settle(pilot)
    await pilot.press("tab", "enter")


async def test_home_lists_who_is_heard_while_they_come_and_go(tmp_path: Path) -> None:
    network, discovery = network_of(tmp_path)
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert words(app.screen, "#network-title") == "On this network (Tab):"
        assert rows(app) == ["no server so far"]
        plain = neighbour("Zoe", port=80, is_encrypted=False)
        discovery.are_there(plain, neighbour("anna"), neighbour("future", protocol=4))
        await settle(pilot)
        assert rows(app) == [
            "anna · 192.0.2.7 · encrypted",
            "future · 192.0.2.7 · update needed",
            "Zoe · 192.0.2.7:80 · not encrypted",
        ]
        app.screen.query_one(ServerList).highlighted = 2
        discovery.are_there(plain)
        await settle(pilot)
        assert rows(app) == ["Zoe · 192.0.2.7:80 · not encrypted"]
        assert app.screen.query_one(ServerList).highlighted == 0
        discovery.are_there()
        await settle(pilot)
        assert rows(app) == ["no server so far"]


async def test_who_is_highlighted_stays_so_while_others_come(tmp_path: Path) -> None:
    network, discovery = network_of(tmp_path, neighbour("bob"))
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await settle(pilot)
        discovery.are_there(neighbour("anna"), neighbour("bob"))
        await settle(pilot)
        assert app.screen.query_one(ServerList).highlighted == 1


async def test_markup_in_a_name_is_shown_as_it_is(tmp_path: Path) -> None:
    network, _ = network_of(tmp_path, neighbour("[bold]bob[/]"))
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "[bold]bob[/]" in "\n".join(rows(app))
        assert "[bold]bob[/]" in app.export_screenshot().replace("&#160;", " ")


async def test_home_says_what_to_install_where_nobody_can_be_heard(tmp_path: Path) -> None:
    app, _ = app_of(ServerInMemory(), network=Network(KnownKeys(tmp_path / "servers.json")))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "pip install 'clouds-edges[lan]'" in words(app.screen, "#network-title")
        assert not app.screen.query(ServerList)


async def test_home_says_why_a_network_is_not_heard(tmp_path: Path) -> None:
    silent = DiscoveryInMemory(trouble="this network cannot be listened to (no such device)")
    network = Network(KnownKeys(tmp_path / "servers.json"), silent)
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert "(no such device)" in words(app.screen, "#network-title")


async def test_a_new_server_is_entered_after_a_look_at_its_key(
    tmp_path: Path, at_work: Address
) -> None:
    found = neighbour(host=at_work.host, port=at_work.port)
    network, _ = network_of(tmp_path, found)
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await choose_neighbour(pilot)
        await until(pilot, lambda: isinstance(app.screen, Confirmation))
        assert str(at_work.key) in words(app.screen, ".question")
        await pilot.press("n")
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)
        assert network.known.of(at_work.url) is None
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Confirmation))
        await pilot.press("y")
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value == Onward(at_work.url, at_work.key)
    assert network.known.of(at_work.url) == at_work.key


async def test_a_server_that_is_known_is_entered_at_once(tmp_path: Path, at_work: Address) -> None:
    assert at_work.key is not None
    network, _ = network_of(tmp_path, neighbour(host=at_work.host, port=at_work.port))
    network.known.keep(at_work.url, at_work.key)
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await choose_neighbour(pilot)
        await until(pilot, lambda: app.return_value is not None)
    assert app.return_value == Onward(at_work.url, at_work.key)


async def test_a_server_with_another_key_is_not_entered(tmp_path: Path, at_work: Address) -> None:
    network, _ = network_of(tmp_path, neighbour(host=at_work.host, port=at_work.port))
    network.known.keep(at_work.url, KEY)
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await choose_neighbour(pilot)
        await until(pilot, lambda: bool(notices(app)))
        assert isinstance(app.screen, HomeScreen)
        assert "has another key than the one you know" in notices(app)[0]


async def test_a_server_that_encrypts_nothing_is_not_entered(tmp_path: Path) -> None:
    network, _ = network_of(tmp_path, neighbour(is_encrypted=False))
    app, _ = app_of(ServerInMemory(), network=network)
    async with app.run_test() as pilot:
        await choose_neighbour(pilot)
        await until(pilot, lambda: bool(notices(app)))
        assert isinstance(app.screen, HomeScreen)
        assert "--insecure" in notices(app)[0]


async def test_that_nothing_is_encrypted_is_said_at_home_and_in_the_lobby() -> None:
    label = "ws://192.168.1.5:7853 (not encrypted)"
    place = place_at("ws://192.168.1.5:7853", label, None, None)
    app, _ = app_of(ServerInMemory(), place=place)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert words(app.screen, "#server") == f"* {label}"
        await pilot.press("l")
        await settle(pilot)
        assert words(app.screen, "#server") == "* Lobby (not encrypted)"


async def test_an_invite_code_leads_into_the_game_and_back_into_it() -> None:
    server = ServerInMemory()
    server.arrange(OpenGame(board=SMALL, private=True), server.player("Bob"))
    (table,) = server.lobby.tables.values()
    for _ in range(2):
        app, _ = app_of(server, place=Place("there", table.invite))
        async with app.run_test() as pilot:
            await settle(pilot)
            assert isinstance(app.screen, GameScreen)
            assert app.screen.game_id == table.game
            assert notices(app) == []


async def test_who_waits_for_others_in_the_game_of_an_invite_sees_the_lobby() -> None:
    server = ServerInMemory()
    server.arrange(OpenGame(board=SMALL, seats=3), server.player("Bob"))
    (game,) = server.lobby.tables
    for _ in range(2):
        app, _ = app_of(server, place=Place("there", game))
        async with app.run_test() as pilot:
            await settle(pilot)
            assert isinstance(app.screen, LobbyScreen)
            assert len(rows(app, "#mine")) == 1
    server.arrange(JoinGame(game), server.player("Cleo"))
    app, _ = app_of(server, name="Dora", place=Place("there", game))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)


async def test_the_game_of_an_invite_is_left_for_home_and_not_shown_again() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        game = (await game_of_two(server, pilot)).removeprefix("game/")
    app, _ = app_of(server, place=Place("there", game))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)
        assert app.screen.stream == game_stream(app.screen.game_id)
        await pilot.press("escape")
        await settle(pilot)
        server.arrange(OpenGame(board=SMALL), server.player("Cleo"))
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("game", ["0123456789ab", "x"])
async def test_an_invite_to_a_game_that_is_not_there_is_told(game: str) -> None:
    app, _ = app_of(ServerInMemory(), place=Place("there", game))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)
        assert "The game of your invite is over" in notices(app)[0]


async def test_a_code_that_nobody_gave_is_refused() -> None:
    app, _ = app_of(ServerInMemory(), place=Place("there", "abcdef"))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)
        assert len(notices(app)) == 1


async def test_private_games_of_others_are_not_shown_by_their_id() -> None:
    server = ServerInMemory()
    server.arrange(OpenGame(board=SMALL, private=True, neighbours=("Zoe",)), server.player("Bob"))
    (game,) = server.lobby.tables
    app, _ = app_of(server, place=Place("there", game))
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)
        assert "private" in notices(app)[0]


async def test_the_lobby_shows_and_copies_the_whole_invite_to_a_private_game() -> None:
    server = ServerInMemory()
    app, _ = app_of(server, place=ELSEWHERE)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert not app.screen.query_one("#invite").display
        server.arrange(OpenGame(board=SMALL, private=True), server.player("Ann"))
        await settle(pilot)
        assert app.screen.query_one("#invite").display
        (table,) = server.lobby.tables.values()
        command = f"clouds-edges play edges://192.168.1.5/{KEY}/{table.invite}"
        assert words(app.screen, "#invite") == f"Others join with: {command}"
        await pilot.press("c")
        await settle(pilot)
        assert app.clipboard == command
        assert command in notices(app)[0]


async def test_on_this_machine_the_code_is_all_there_is_to_copy() -> None:
    server = ServerInMemory()
    app, _ = app_of(server, place=PLACE)
    async with app.run_test() as pilot:
        await settle(pilot)
        server.arrange(OpenGame(board=SMALL, private=True), server.player("Ann"))
        await pilot.press("l")
        await settle(pilot)
        assert words(app.screen, "#invite") == ""
        await pilot.press("c")
        await settle(pilot)
        (table,) = server.lobby.tables.values()
        assert app.clipboard == table.invite


async def test_who_opened_more_private_games_sees_the_invite_to_the_highlighted_one() -> None:
    server = ServerInMemory()
    app, _ = app_of(server, place=ELSEWHERE)
    async with app.run_test() as pilot:
        await settle(pilot)
        for _ in range(2):
            server.arrange(OpenGame(board=SMALL, private=True), server.player("Ann"))
        await pilot.press("l")
        await settle(pilot)
        for place, table in enumerate(server.lobby.tables.values()):
            app.screen.query_one("#mine", OptionList).highlighted = place
            await settle(pilot)
            assert words(app.screen, "#invite").endswith(f"/{table.invite}")
