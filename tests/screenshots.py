"""Takes the pictures in `screenshots/`: the real app on a real server, with people of fixed names.

Run it with `python -m tests.screenshots`. The avatars that the server gives by chance are
exchanged for fixed ones, so that a picture changes only when the app does.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from textual.pilot import Pilot

from clouds_edges.client.admin.app import AdminApp
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.admin_connection import AdminConnection, read_access
from clouds_edges.client.app import CloudsEdgesApp
from clouds_edges.client.connection import Connection
from clouds_edges.client.place import Place
from clouds_edges.client.screens.game import GameScreen
from clouds_edges.client.screens.lobby import LobbyScreen
from clouds_edges.client.server_view import ServerView, seen
from clouds_edges.client.widgets.board_view import BoardView
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.refusals import NoSuchGame
from clouds_edges.domain.ids import MAIN_LOBBY, GameId, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.lobby.state import Table
from clouds_edges.domain.players.looks import AVATARS
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.messages import Command, Refused
from clouds_edges.rules import Board, Line, Position, parse_line
from clouds_edges.server.serve import running_server

FOLDER: Final = Path(__file__).parent.parent / "screenshots"
PATIENCE: Final = 20.0
SIZE: Final = (80, 24)
LABEL: Final = "wss://192.168.1.5:7853"

FINISHED: Final = Board(1, 1)
FINISHED_LINES: Final = "a1h a2h a1v b1v"
IN_THE_MIDDLE: Final = Board(5, 5)
LINES_SO_FAR: Final = """
    b4h e4h d3v e3v f5v b3h e4v a5h d5v e2h c5h a4h d2h e1h b6h e2v c4h a1h b1v c2h b1h d1v
    d5h b5h b2v a2v a5v e6h a3v c6h c5v b5v a6h a4v b4v c4v d4v d4h d3h d2v f2v e3h f3v c3v
"""
"""Ann, who opened the game and so draws second, has the turn and six boxes, Bob has five."""

A = TypeVar("A")

_AVATARS_SHOWN: Final = "🐙🐝"
_UNIQUE_ID: Final = re.compile(r"terminal-\d+")
_UNLIKE: Final = re.compile(
    r"(?P<day>\d\d-\d\d(?=&#160;\d\d:))"
    r"|(?P<time>\d\d:\d\d:\d\d)|(?P<pace>\d+\.\d&#160;events/s)|(?<=game[/=])(?P<game>[0-9a-z]{4,12})"
)
_LIKE: Final = {
    "day": "11-25",
    "time": "19:30:05",
    "pace": "2.0&#160;events/s",
    "game": "k3v9m2x7q0ab",
}
"""What differs from one log of the same games to the next, and what is shown for it."""


@dataclass(slots=True)
class Friend:
    """Somebody who plays without a terminal."""

    connection: Connection
    token: str
    view: ServerView = field(default_factory=ServerView)

    async def until(self, wanted: Callable[[ServerView], bool]) -> None:
        """Follow the server until it is like that."""
        async with asyncio.timeout(PATIENCE):
            updates = self.connection.updates()
            while not wanted(self.view):
                self.view = seen(self.view, await anext(updates), self.connection.player)

    async def order(self, stream: StreamName, command: Command) -> None:
        """Give an order; a game begins a moment after the last seat is taken."""
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self.connection.order(stream, command)
                if not isinstance(answer, Refused):
                    return
                if answer.code != NoSuchGame.code:
                    raise RuntimeError(answer.sentence)

    async def opens(self, board: Board, seats: int = 2) -> None:
        """Open a game in the lobby."""
        await self.order(MAIN_LOBBY, OpenGame(board=board, seats=seats))

    async def joins(self, opener: "Friend") -> GameId:
        """Sit down in the game that somebody has opened."""
        await self.until(lambda view: _open_table(view, opener) is not None)
        table = _open_table(self.view, opener)
        if table is None:
            message = f"{opener.connection.name} has opened no game"
            raise RuntimeError(message)
        await self.order(MAIN_LOBBY, JoinGame(table.game))
        await self.until(lambda view: _open_table(view, opener) is None)
        return table.game


def _open_table(view: ServerView, opener: Friend) -> Table | None:
    tables = () if view.lobby is None else view.lobby.tables.values()
    player = opener.connection.player
    waiting = (table for table in tables if not table.is_playing)
    return next((table for table in waiting if table.opener == player), None)


async def _play(opener: Friend, joiner: Friend, board: Board, lines: Iterable[Line]) -> Position:
    """A game in which these lines are drawn; who joined begins."""
    await opener.opens(board)
    game = await joiner.joins(opener)
    position = Position.start(board, first=1)
    for line in lines:
        friend = (opener, joiner)[position.seat_to_draw]
        await friend.order(game_stream(game), DrawLine(line))
        position = position.draw(line)
    return position


def _connection(url: str, token: str, name: str) -> Connection:
    return Connection(url, token, name, new_id=lambda: CommandId(secrets.token_hex(8)))


async def _shown(pilot: Pilot[A], condition: Callable[[], bool]) -> None:
    """Wait until the app has come so far, and has drawn it."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await pilot.pause(0.01)
    await pilot.pause()


async def _take_pictures(connection: Connection, position: Position) -> dict[str, str]:
    """Ann's way from home to the lobby, and into her game."""
    app = CloudsEdgesApp(connection, place=Place(LABEL))
    app.animation_level = "none"
    pictures = {}
    async with app.run_test(size=SIZE) as pilot:
        await _shown(pilot, lambda: _has_played(app) and len(app.view.my_tables) == 1)
        pictures["home"] = app.export_screenshot()

        await pilot.press("l")
        await _shown(pilot, lambda: isinstance(app.screen, LobbyScreen))
        pictures["lobby"] = app.export_screenshot()

        await pilot.press("escape", "enter")
        await _shown(
            pilot,
            lambda: (
                isinstance(app.screen, GameScreen)
                and app.screen.query_one(BoardView).position == position
            ),
        )
        pictures["game"] = app.export_screenshot()
    return pictures


async def _operators_picture(folder: Path) -> str:
    """The event log while games go on."""
    async with AdminConnection(partial(read_access, folder)) as operator:
        app = AdminApp(operator)
        app.animation_level = "none"
        async with app.run_test(size=SIZE) as pilot:
            await _shown(pilot, lambda: len(app.screen.query_one(Listing).lines) > SIZE[1])
            picture = app.export_screenshot()
            app.workers.cancel_all()
    return _UNLIKE.sub(_alike, picture)


def _alike(found: re.Match[str]) -> str:
    like = _LIKE[found.lastgroup or ""]
    return like[: len(found[0])] if found["game"] else like  # one may have been cut


def _has_played(app: CloudsEdgesApp) -> bool:
    """Whether the finished game counts; the standings may be a moment behind, so ask again."""
    if app.view.record is not None and app.view.record.played:
        return True
    app.connection.ask_record()
    return False


def _made_repeatable(picture: str) -> str:
    """The same picture with nothing in it that comes by chance."""
    fixed = cycle(_AVATARS_SHOWN)
    picture = re.sub(f"[{''.join(AVATARS)}]", lambda _: next(fixed), picture)
    return _UNIQUE_ID.sub("terminal", picture)


async def _pictures(folder: Path) -> dict[str, str]:
    async with (
        running_server("127.0.0.1", 0, folder) as address,
        asyncio.TaskGroup() as group,
    ):
        friends = {}
        running = {}
        for name in ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn"):
            token = f"ce1_{secrets.token_urlsafe(32)}"
            friend = friends[name] = Friend(_connection(address.url, token, name), token)
            friend.connection.watch(MAIN_LOBBY)
            running[name] = group.create_task(friend.connection.run())
            await friend.until(lambda view: view.player is not None)
        ann, bob, cleo, dan, eve, finn = friends.values()
        await _play(ann, bob, FINISHED, map(parse_line, FINISHED_LINES.split()))
        position = await _play(ann, bob, IN_THE_MIDDLE, map(parse_line, LINES_SO_FAR.split()))
        await cleo.opens(Board(7, 7), seats=3)
        await dan.opens(Board(3, 3))
        await _play(eve, finn, Board(4, 6), ())
        running["Ann"].cancel()
        pictures = await _take_pictures(_connection(address.url, ann.token, "Ann"), position)
        pictures["admin"] = await _operators_picture(folder)
        for task in running.values():
            task.cancel()
    return pictures


def main() -> None:
    """Write the pictures."""
    with TemporaryDirectory() as folder:
        pictures = asyncio.run(_pictures(Path(folder)))
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        (FOLDER / f"{name}.svg").write_text(_made_repeatable(picture), encoding="utf-8")


if __name__ == "__main__":
    main()
