"""Games with clocks in the app, and how they end before all lines are drawn."""

from datetime import timedelta

import pytest
from textual.widgets import Input

from clouds_edges.client.widgets.game_choices import ClockChoice
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.commands import (
    CallTime,
    DeclineDraw,
    DrawLine,
    EndGrace,
    NoteAbsence,
    NoteReturn,
    OfferDraw,
)
from clouds_edges.domain.ids import PlayerId
from clouds_edges.rules import parse_line
from tests.client.app_in_memory import PRESENCE, app_of, game_of_two, settle, until_shown, words
from tests.client.server_in_memory import ServerInMemory


async def test_the_clock_of_who_is_to_draw_goes_on_by_itself() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await game_of_two(server, pilot, Clock(timedelta(minutes=5)))
        assert "5:00" in words(app.screen, "#seat-1")
        server.now += timedelta(seconds=61)
        await until_shown(pilot, "#seat-1", "3:59")
        assert "5:00" in words(app.screen, "#seat-0")


async def test_in_a_narrow_terminal_the_clocks_are_above_the_board() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test(size=(40, 15)) as pilot:
        await game_of_two(server, pilot, Clock(timedelta(minutes=5)))
        assert "5:00" in words(app.screen, "#scores")


async def test_a_game_that_ends_on_time_says_so() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot, Clock(timedelta(seconds=20)))
        server.now += timedelta(seconds=20)
        server.play(stream, CallTime(), PRESENCE)
        await settle(pilot)
        assert words(app.screen, "#turn") == "You won 0 : 0 on time"
        assert "0:00" in words(app.screen, "#seat-1")


async def test_who_waits_sees_a_countdown_and_claims_the_game() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot)
        server.play(stream, NoteAbsence(PlayerId("Bob"), timedelta(seconds=60)), PRESENCE)
        await settle(pilot)
        assert words(app.screen, "#said") == "Bob is away, 1:00 to return"
        await pilot.press("ctrl+w")
        await settle(pilot)
        assert words(app.screen, "#turn") == "Bob is to draw"
        server.now += timedelta(seconds=59)
        await until_shown(pilot, "#said", "0:01 to return")
        server.now += timedelta(seconds=1)
        server.play(stream, EndGrace(1), PRESENCE)
        await settle(pilot)
        assert words(app.screen, "#said") == "Bob is away: Ctrl+W claims the game"
        await pilot.press("ctrl+w")
        await settle(pilot)
        assert words(app.screen, "#turn") == "You won 0 : 0, claimed from Bob, who was away"


async def test_who_comes_back_is_waited_for_no_more() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot)
        server.play(stream, NoteAbsence(PlayerId("Bob"), timedelta(seconds=60)), PRESENCE)
        server.play(stream, NoteReturn(PlayerId("Bob")), PRESENCE)
        await settle(pilot)
        assert words(app.screen, "#said") == "Bob came back"


async def test_a_draw_is_offered_after_a_question_and_declined() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot)
        await pilot.press("ctrl+d", "n")
        await settle(pilot)
        assert words(app.screen, "#said") == "The game has begun"
        await pilot.press("ctrl+d", "y")
        await settle(pilot)
        assert words(app.screen, "#said") == "You offer a draw, until the next line"
        server.play(stream, DeclineDraw(1), server.player("Bob"))
        await settle(pilot)
        assert words(app.screen, "#said") == "Bob declined the draw"


@pytest.mark.parametrize(
    ("keys", "turn"),
    [(["ctrl+d", "y"], "Draw 0 : 0 by agreement"), (["ctrl+x"], "Bob is to draw")],
)
async def test_an_offered_draw_is_answered_with_a_key(keys: list[str], turn: str) -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        stream = await game_of_two(server, pilot)
        server.play(stream, OfferDraw(), server.player("Bob"))
        await settle(pilot)
        assert words(app.screen, "#said") == "Bob offers a draw: Ctrl+D yes, Ctrl+X no"
        await pilot.press(*keys)
        await settle(pilot)
        assert words(app.screen, "#turn") == turn


async def test_agreeing_is_to_the_offer_that_one_was_asked_about() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        stream, bob = await game_of_two(server, pilot), server.player("Bob")
        server.play(stream, OfferDraw(), bob)
        await settle(pilot)
        await pilot.press("ctrl+d")
        server.play(stream, DrawLine(parse_line("a1h")), bob)
        server.play(stream, OfferDraw(), bob)
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        assert words(app.screen, "#turn") == "Your turn"
        assert any("does not stand" in notice.message for notice in app._notifications)  # noqa: SLF001


async def test_the_clock_of_an_open_game_is_chosen_or_typed() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l", "o", "shift+tab", *"nonsense", "enter")
        await settle(pilot)
        assert "is no clock" in words(app.screen, ".trouble")
        app.screen.query_one(ClockChoice).query_one(Input).value = "99h"
        await pilot.press("enter")
        await settle(pilot)
        assert "24 hours" in words(app.screen, ".trouble")
        app.screen.query_one(ClockChoice).query_one(Input).value = "3+2"
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("o", "shift+tab", "shift+tab", "down", "enter")
        await settle(pilot)
        await pilot.press("o", "enter")
        await settle(pilot)
        assert [table.clock for table in server.lobby.tables.values()] == [
            Clock(timedelta(minutes=3), timedelta(seconds=2)),
            Clock(timedelta(minutes=5), timedelta(seconds=3)),
            None,
        ]
