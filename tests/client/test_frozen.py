"""A frozen server, as players see it: nobody can draw, and no clock runs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clouds_edges.client.connection import Status, StatusChanged
from clouds_edges.client.server_view import ServerView, seen
from clouds_edges.client.widgets.connection_light import light
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.commands import DrawLine, NoteAbsence, Resign, StandClock
from clouds_edges.domain.ids import PlayerId
from clouds_edges.protocol.messages import FrozenIs, Refused
from clouds_edges.rules import parse_line
from tests.client.app_in_memory import PRESENCE, app_of, game_of_two, settle, until_shown, words
from tests.client.server_in_memory import NOON, ServerInMemory

BLITZ = Clock(timedelta(minutes=5))
FROZEN = FrozenIs(reason="back at eight", since=NOON + timedelta(seconds=60))
GOES_ON = FrozenIs(reason=None, since=NOON + timedelta(hours=1))
SENTENCE = "The server is frozen: back at eight"


async def test_it_is_said_on_the_first_screens_and_as_a_notice_until_it_goes_on() -> None:
    app, connection = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        connection.say(FROZEN)
        await settle(pilot)
        assert words(app.screen, "#server") == f"= {SENTENCE}"
        assert [notice.message for notice in app._notifications] == [SENTENCE]  # noqa: SLF001
        await pilot.press("l")
        await settle(pilot)
        assert words(app.screen, "#server") == f"= {SENTENCE}"
        connection.say(GOES_ON)
        await settle(pilot)
        assert words(app.screen, "#server") == "* Lobby"
        assert len(app._notifications) == 1  # noqa: SLF001


async def test_in_a_game_it_is_said_where_the_turn_is_and_the_clock_stands() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot, BLITZ)
        server.now += timedelta(seconds=60)
        server.play(stream, NoteAbsence(PlayerId("Bob"), timedelta(seconds=60)), PRESENCE)
        connection.say(FROZEN)
        server.now = GOES_ON.since - timedelta(seconds=1)
        await until_shown(pilot, "#turn", "The server is frozen")
        assert words(app.screen, "#light") == f"= {SENTENCE}"
        assert app.screen.query_one("#light").size.height == 2  # all of it
        assert "4:00" in words(app.screen, "#seat-1")
        assert words(app.screen, "#said") == "Bob is away, 1:00 to return"

        server.now = GOES_ON.since
        server.play(stream, StandClock(FROZEN.since, GOES_ON.since), PRESENCE)
        await until_shown(pilot, "#seat-1", "4:00")
        connection.say(GOES_ON)
        await until_shown(pilot, "#turn", "Bob is to draw")
        assert words(app.screen, "#light") == "* 1x2 boxes"
        server.now += timedelta(seconds=2)
        await until_shown(pilot, "#seat-1", "3:58")


async def test_the_turn_is_not_said_to_be_ones_own_while_nobody_can_draw() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot, BLITZ)
        server.play(stream, DrawLine(parse_line("a1h")), server.player("Bob"))
        await until_shown(pilot, "#turn", "Your turn")
        assert app.screen.has_class("my-turn")
        connection.say(FROZEN)
        await until_shown(pilot, "#turn", "The server is frozen")
        assert not app.screen.has_class("my-turn")


async def test_in_a_narrow_terminal_the_reason_is_beside_it() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test(size=(40, 15)) as pilot:
        await game_of_two(server, pilot, BLITZ)
        connection.say(FROZEN)
        await until_shown(pilot, "#words", "The server is frozen")
        assert words(app.screen, "#words") == "The server is frozen  back at eight"


async def test_a_game_that_is_over_shows_how_it_ended_nevertheless() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot)
        server.play(stream, Resign(), server.player("Bob"))
        connection.say(FROZEN)
        await until_shown(pilot, "#light", SENTENCE)
        assert words(app.screen, "#turn").startswith("You won")


async def test_an_order_that_is_refused_because_of_it_is_answered_like_any_other() -> None:
    app, connection = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        connection.answers = [Refused(id=None, code="frozen", sentence="frozen: backup")]
        await pilot.press("b", "enter")
        await settle(pilot)
        assert [notice.message for notice in app._notifications] == ["frozen: backup"]  # noqa: SLF001
        assert words(app.screen, "#server") == "* in memory"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.ONLINE, "* in memory"),  # what is so now comes behind the greeting
        (Status.RECONNECTING, "! lost"),
    ],
)
def test_how_it_stands_with_the_server_comes_first(status: Status, said: str) -> None:
    view = seen(replace(ServerView(), frozen=FROZEN), StatusChanged(status, "lost"), None)
    assert str(light(view, online="in memory")) == said
    assert (view.frozen is None) is (status is Status.ONLINE)
