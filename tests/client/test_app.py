"""The app with a server in memory: from the first name to the end of a game."""

import pytest
from textual.widgets import Input, OptionList

from clouds_edges.client.app import CloudsEdgesApp
from clouds_edges.client.connection import Status, StatusChanged
from clouds_edges.client.screens.game import GameScreen
from clouds_edges.client.screens.help import HelpScreen
from clouds_edges.client.screens.history import HistoryScreen
from clouds_edges.client.screens.home import HomeScreen
from clouds_edges.client.screens.lobby import LobbyScreen
from clouds_edges.client.screens.questions import NameQuestion
from clouds_edges.client.screens.too_small import TooSmallScreen
from clouds_edges.client.streams import HistoryLost
from clouds_edges.client.widgets.board_view import BoardView
from clouds_edges.client.widgets.table_list import TableList
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import (
    DrawLine,
    Resign,
)
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import ExpireGame, JoinGame, OpenGame
from clouds_edges.rules import Board, parse_line
from tests.client.app_in_memory import (
    PLACE,
    PRESENCE,
    SMALL,
    app_of,
    settle,
    words,
)
from tests.client.server_in_memory import ConnectionInMemory, ServerInMemory


async def test_home_greets_by_name_and_shows_the_record() -> None:
    app, _ = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        assert words(app.screen, "#greeting").startswith("Hello, Ann")
        assert words(app.screen, "#record") == "Played 3, won 2, 40 boxes closed"


async def test_the_first_start_asks_for_a_name_until_the_server_is_content() -> None:
    app, connection = app_of(ServerInMemory(), name=None, Bob="name_taken")
    async with app.run_test() as pilot:
        await settle(pilot)
        assert isinstance(app.screen, NameQuestion)
        await pilot.press(*"Bob", "enter")
        await settle(pilot)
        assert words(app.screen, ".trouble") == "Bob is not possible"
        app.screen.query_one(Input).value = "Ann"
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)
        assert connection.name == "Ann"


async def test_a_name_that_the_rules_forbid_is_refused_at_once() -> None:
    app, _ = app_of(ServerInMemory(), name=None)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press(*"[b]", "enter")
        assert "not allowed in a name" in words(app.screen, ".trouble")


async def test_an_update_that_is_needed_is_said_after_the_end() -> None:
    app, _ = app_of(ServerInMemory(), Ann="update_needed")
    async with app.run_test() as pilot:
        await settle(pilot)
    assert app.return_value == "Ann is not possible"


async def test_a_game_against_a_bot_begins_with_two_keys_and_is_played() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)
        await pilot.press("b", "3", "h", "enter")
        await settle(pilot)
        board = app.screen.query_one(BoardView)
        assert board.position.is_drawn(parse_line("b3h"))
        assert board.position.drawn.bit_count() == 2
        assert words(app.screen, "#turn") == "Your turn"
        assert words(app.screen, "#said") == "Greedy bot drew a1h"


async def test_a_chosen_line_is_pending_until_it_has_happened() -> None:
    app, connection = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        board = app.screen.query_one(BoardView)
        connection.hold()
        await pilot.press("a", "1", "v", "enter")
        assert board.pending == parse_line("a1v")
        assert not board.position.is_drawn(parse_line("a1v"))
        connection.release()
        await settle(pilot)
        assert board.pending is None
        assert board.position.is_drawn(parse_line("a1v"))


async def test_a_refused_line_is_pending_no_more_and_said_why() -> None:
    server = ServerInMemory(plays_bots=False)
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        server.arrange(OpenGame(board=SMALL, neighbours=("Zoe",)), server.player("Ann"))
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)
        connection.hold()
        await pilot.press("a", "1", "h", "enter")
        server.play(app.screen.stream, DrawLine(parse_line("a1h")), server.player("Ann"))
        connection.release()
        await settle(pilot)
        assert app.screen.query_one(BoardView).pending is None
        assert any("already drawn" in notice.message for notice in app._notifications)  # noqa: SLF001


async def test_two_at_one_keyboard_are_told_who_won_by_name() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("t", *"Zoe")
        await pilot.press("enter")
        await settle(pilot)
        assert words(app.screen, "#turn") == "Ann is to draw"
        await pilot.press("ctrl+r", "y")
        await settle(pilot)
        assert words(app.screen, "#turn") == "Zoe won 0 : 0, Ann resigned"
        await pilot.press("ctrl+n")
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)
        assert words(app.screen, "#turn") == "Ann is to draw"


async def test_resigning_asks_once_and_can_be_taken_back() -> None:
    app, _ = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        await pilot.press("ctrl+r", "enter")
        await settle(pilot)
        assert words(app.screen, "#turn") == "Your turn"


async def test_a_spectator_is_never_told_to_have_lost() -> None:
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
        assert words(app.screen, "#turn") == "Cy is to draw"
        server.play(game_stream(game), Resign(), bob)
        await settle(pilot)
        assert words(app.screen, "#turn") == "Cy won 0 : 0, Bob resigned"


async def test_the_lobby_follows_the_server_and_joins() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert app.screen.query_one("#open", TableList).chosen is None
        server.arrange(OpenGame(board=SMALL), server.player("Bob"))
        await settle(pilot)
        (game,) = server.lobby.tables
        assert app.screen.query_one("#open", TableList).chosen == game
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)
        assert words(app.screen, "#turn") == "Your turn"


async def test_an_open_game_can_be_cancelled() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l", "o", "enter")
        await settle(pilot)
        assert len(server.lobby.tables) == 1
        await pilot.press("x")
        await settle(pilot)
        assert not server.lobby.tables


async def test_a_private_game_is_joined_by_its_code() -> None:
    server = ServerInMemory()
    server.arrange(OpenGame(board=SMALL, private=True), server.player("Bob"))
    ((_, table),) = server.lobby.tables.items()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l", "i", *str(table.invite), "enter")
        await settle(pilot)
        assert isinstance(app.screen, GameScreen)


async def test_a_game_that_begins_elsewhere_does_not_take_one_away() -> None:
    server = ServerInMemory()
    ann = server.player("Ann")
    server.arrange(OpenGame(board=SMALL), ann)
    (waiting,) = server.lobby.tables
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        server.arrange(OpenGame(board=SMALL, bots=(BotLevel.RANDOM,)), ann)
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, GameScreen)
        server.arrange(JoinGame(waiting), server.player("Bob"))
        await settle(pilot)
        assert app.screen is screen
        await pilot.press("escape")
        await settle(pilot)
        assert app.screen.query_one("#menu", OptionList).get_option_at_index(0).id == waiting


async def test_names_are_never_read_as_markup() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l")
        server.arrange(OpenGame(board=SMALL), server.player("bob[/]"))
        await settle(pilot)
        option = app.screen.query_one("#open", TableList).get_option_at_index(0)
        assert "bob[/]" in str(option.prompt)


async def test_a_lost_server_is_said_where_one_looks() -> None:
    app, connection = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        connection.say(StatusChanged(Status.RECONNECTING, "lost the server, trying again"))
        await settle(pilot)
        assert words(app.screen, "#server") == "! lost the server, trying again"


async def test_that_older_receipts_are_lost_is_told_at_once() -> None:
    connection = ConnectionInMemory(ServerInMemory(), "Ann")
    app = CloudsEdgesApp(connection, place=PLACE, receipts_trouble="a file was [/] damaged")
    async with app.run_test() as pilot:
        await settle(pilot)
        (told,) = app._notifications  # noqa: SLF001
        assert told.message.endswith("is not noticed. a file was [/] damaged")


async def test_lost_history_is_shown_until_it_is_read_and_the_game_is_told_anew() -> None:
    server = ServerInMemory(plays_bots=False)
    app, connection = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        server.arrange(OpenGame(board=SMALL, neighbours=("Zoe",)), server.player("Ann"))
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, GameScreen)
        for line in ("a1h", "a2h"):
            server.play(screen.stream, DrawLine(parse_line(line)), server.player("Ann"))
        await settle(pilot)
        del server.streams[screen.stream][2:]
        connection.say(HistoryLost(screen.stream, "1x2 boxes", 3, 2, "a2h"))
        connection.tell(screen.stream)
        await settle(pilot)
        assert isinstance(app.screen, HistoryScreen)
        assert words(screen, "#light") == "! 1x2 boxes, history lost"
        assert "of 3 events 2 left; your line a2h, once accepted, is missing" in words(
            app.screen, "#losses"
        )
        connection.say(HistoryLost(MAIN_LOBBY, "", 7, 5))
        await settle(pilot)
        assert words(app.screen, "#losses").count("\n- ") == 1
        await pilot.press("enter", "space", "q", "b")
        assert isinstance(app.screen, HistoryScreen)
        await pilot.press("escape")
        assert app.screen_stack[-1] is screen
        board = screen.query_one(BoardView)
        assert [str(line) for line in board.position.drawn_lines] == ["a1h"]
        assert words(screen, "#light") == "* 1x2 boxes"


async def test_lost_history_waits_until_there_is_room_to_show_it() -> None:
    app, connection = app_of(ServerInMemory())
    async with app.run_test(size=(30, 10)) as pilot:
        await settle(pilot)
        connection.say(HistoryLost(MAIN_LOBBY, "", 7, 0))
        await settle(pilot)
        assert isinstance(app.screen, TooSmallScreen)
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert isinstance(app.screen, HistoryScreen)
        assert "the lobby: of 7 events none left" in words(app.screen, "#losses")


@pytest.mark.parametrize("keys", [[], ["l"], ["b", "enter"]])
async def test_every_screen_has_help(keys: list[str]) -> None:
    app, _ = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        screen = app.screen
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert app.screen is screen


async def test_a_terminal_without_room_says_how_much_is_needed() -> None:
    app, _ = app_of(ServerInMemory())
    async with app.run_test(size=(30, 10)) as pilot:
        await settle(pilot)
        assert isinstance(app.screen, TooSmallScreen)
        assert "40 columns and 15 rows" in words(app.screen, "Static")
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        assert isinstance(app.screen, HomeScreen)


async def test_in_a_narrow_terminal_the_board_keeps_its_room() -> None:
    server = ServerInMemory()
    app, _ = app_of(server)
    async with app.run_test(size=(60, 20)) as pilot:
        await settle(pilot)
        server.arrange(OpenGame(board=Board(10, 10), bots=(BotLevel.RANDOM,)), server.player("Ann"))
        await settle(pilot)
        assert not app.screen.query_one("#side").display
        assert app.screen.query_one(BoardView).size.width >= 44
        assert words(app.screen, "#words").startswith("Your turn")


async def test_whose_open_game_expires_is_told() -> None:
    server = ServerInMemory()
    server.arrange(OpenGame(board=SMALL), server.player("Ann"))
    server.arrange(OpenGame(board=SMALL), server.player("Bob"))
    app, _ = app_of(server)
    async with app.run_test() as pilot:
        await settle(pilot)
        for game in server.lobby.tables:
            server.arrange(ExpireGame(game), PRESENCE)
        await settle(pilot)
        notices = [notice.message for notice in app._notifications]  # noqa: SLF001
        assert len(notices) == 1
        assert "your open game is gone: 1x2 boxes" in notices[0]


async def test_the_lobby_is_left_with_escape() -> None:
    app, _ = app_of(ServerInMemory())
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("l")
        assert isinstance(app.screen, LobbyScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)
