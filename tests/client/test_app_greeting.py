"""The app at a server that wants a name, at the first greeting and at a later one."""

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from clouds_edges.client.app import CloudsEdgesApp
from clouds_edges.client.network import AppEnd
from clouds_edges.client.screens.home import HomeScreen
from clouds_edges.client.screens.questions import GreetingQuestion
from clouds_edges.client.screens.too_small import TooSmallScreen
from tests.client.app_in_memory import PLACE, app_of, settle, words
from tests.client.server_in_memory import ConnectionInMemory, ServerInMemory


def forgetful_server() -> tuple[CloudsEdgesApp, ConnectionInMemory]:
    """Bob was let in before; now his token is not known, and his name is taken."""
    server = ServerInMemory()
    connection = ConnectionInMemory(server, "Bob", refusals={"Bob": "name_taken"})
    connection.player = server.player("Bob")
    return CloudsEdgesApp(connection, place=PLACE, try_again_seconds=0.01), connection


async def until_home(pilot: Pilot[AppEnd]) -> None:
    """Wait until the server has been asked again."""
    async with asyncio.timeout(10):
        while not isinstance(pilot.app.screen, HomeScreen):
            await pilot.pause(0.01)
    await settle(pilot)


async def test_a_server_that_does_not_know_one_any_more_is_said_to_be_one() -> None:
    app, _ = forgetful_server()
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, GreetingQuestion)
        assert words(app.screen, ".question").startswith("This server does not know you here")
        assert words(app.screen, ".trouble") == "Bob is not possible"


async def test_a_server_that_knows_one_again_lets_one_in_without_an_answer() -> None:
    app, connection = forgetful_server()
    async with app.run_test() as pilot:
        await settle(pilot)
        connection.known_as = "Bob"
        await until_home(pilot)
        assert words(app.screen, "#greeting").startswith("Hello, Bob")


async def test_being_asked_for_a_name_signs_nobody_up_under_the_old_one() -> None:
    app, connection = forgetful_server()
    async with app.run_test() as pilot:
        await settle(pilot)
        assert connection.name is None


async def test_what_is_typed_stays_while_the_server_is_asked_again() -> None:
    app, _ = forgetful_server()
    async with app.run_test() as pilot:
        await settle(pilot)
        app.screen.query_one(Input).value = ""
        await pilot.press(*"Rob")
        await pilot.pause(0.1)
        assert app.screen.query_one(Input).value == "Rob"
        await pilot.press("enter")
        await until_home(pilot)
        assert words(app.screen, "#greeting").startswith("Hello, Rob")


async def test_the_question_goes_even_where_the_terminal_is_too_small_for_it() -> None:
    app, connection = forgetful_server()
    async with app.run_test(size=(30, 10)) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, TooSmallScreen)
        connection.known_as = "Bob"
        async with asyncio.timeout(10):
            while not app.view.player:
                await pilot.pause(0.01)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("has_been_here", [True, False])
async def test_who_leaves_the_question_is_told_why_the_program_ends(*, has_been_here: bool) -> None:
    app, _ = forgetful_server() if has_been_here else app_of(ServerInMemory(), name=None)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
    said = "this server does not know you here" if has_been_here else "nobody plays without a name"
    assert str(app.return_value).startswith(said)


async def test_a_name_that_is_left_empty_is_asked_for() -> None:
    app, _ = app_of(ServerInMemory(), name=None)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("enter")
        assert words(app.screen, ".trouble") == "Type a name first"
