"""I9: who loses the connection again and again is told one contiguous run of the same log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from clouds_edges.client.streams import HistoryLost
from clouds_edges.domain.game.events import LineDrawn
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.protocol.messages import Accepted, Duplicate, Happened, LobbyIs
from clouds_edges.rules import Board, Line, Position, format_line
from clouds_edges.server.serve import running_server
from tests.client.persons import Person, answered, person
from tests.server.guests import draw

BOARD = Board(2, 2)


@asynccontextmanager
async def cutting_after(url: str, frames: int) -> AsyncIterator[str]:
    """A go-between that cuts every connection after so many frames of the server."""

    async def hand_on(client: ServerConnection) -> None:
        async with connect(url, compression=None, proxy=None) as server:

            async def up() -> None:
                with suppress(ConnectionClosed):
                    async for frame in client:
                        await server.send(frame)
                server.transport.abort()

            asking = asyncio.create_task(up())
            with suppress(ConnectionClosed):
                for _ in range(frames):
                    await client.send(await server.recv())
            client.transport.abort()
            await asking

    async with serve(hand_on, "127.0.0.1", 0, compression=None) as between:
        yield f"ws://127.0.0.1:{between.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("frames", [3, 4, 7])
async def test_a_game_is_played_to_its_end_over_connections_that_break(
    tmp_path: Path, frames: int
) -> None:
    """Welcome, what was missed, and one answer are the least with which anything is possible."""
    async with (
        running_server("127.0.0.1", 0, tmp_path) as address,
        cutting_after(address.url, frames) as broken,
        person(address.url, "Ann") as ann,
        person(broken, "Bob") as bob,
    ):
        await answered(ann.connection.order(MAIN_LOBBY, OpenGame(BOARD)))
        ann.connection.watch(MAIN_LOBBY)
        (game,) = (await ann.next(LobbyIs)).lobby.tables
        await bob.online()
        await answered(bob.connection.order(MAIN_LOBBY, JoinGame(game)))
        stream = game_stream(game)
        for one in (ann, bob):
            one.connection.watch(stream)
            await one.told_up_to(stream, 1)
        position = Position.start(BOARD, first=1)
        for line in BOARD.lines:
            drawer = (ann, bob)[position.seat_to_draw]
            answer = await answered(drawer.connection.order(stream, draw(format_line(line))))
            assert isinstance(answer, Accepted | Duplicate)
            position = position.draw(line)
        for one in (ann, bob):
            await one.told_up_to(stream, 1 + BOARD.line_count + 1)
            assert lines_told(one) == list(BOARD.lines)
            assert not any(isinstance(update, HistoryLost) for update in one.seen)


def lines_told(one: Person) -> list[Line]:
    return [
        told.event.line
        for update in one.seen
        if isinstance(update, Happened)
        for told in update.events
        if isinstance(told.event, LineDrawn)
    ]
