"""The app in small terminals."""

import pytest

from clouds_edges.client import wording
from clouds_edges.client.connection import Status, StatusChanged
from clouds_edges.client.screens.too_small import SMALLEST, TooSmallScreen
from tests.client.app_in_memory import app_of, game_of_two, settle, words
from tests.client.server_in_memory import ServerInMemory


async def test_a_lost_server_is_seen_in_the_smallest_terminal_in_a_game() -> None:
    server = ServerInMemory()
    app, connection = app_of(server)
    async with app.run_test(size=SMALLEST) as pilot:
        await game_of_two(server, pilot)
        assert words(app.screen, "#words") == "Bob is to draw  The game has begun"
        connection.say(StatusChanged(Status.RECONNECTING, "lost the server, trying again"))
        await settle(pilot)
        assert words(app.screen, "#words").startswith("! offline  Bob is to draw")
        connection.say(StatusChanged(Status.ONLINE, "connected"))
        await settle(pilot)
        assert words(app.screen, "#words").startswith("Bob is to draw")


@pytest.mark.parametrize(
    "size", [(10, 3), (12, 3), (20, 5), (30, 10), (38, 14), (39, 15), (39, 30), (200, 14), (200, 2)]
)
async def test_whatever_the_size_is_what_is_there_and_what_is_needed_can_be_read(
    size: tuple[int, int],
) -> None:
    app, _ = app_of(ServerInMemory())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, TooSmallScreen)
        seen = " ".join(strip.text.strip() for strip in app.screen._compositor.render_strips())  # noqa: SLF001 - what the terminal shows
        for number in (*size, *SMALLEST):
            assert str(number) in seen
        assert " ".join(wording.too_small(*size, SMALLEST).split()) == " ".join(seen.split())
