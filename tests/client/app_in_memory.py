"""The app in a test, with a server in memory."""

import asyncio

from textual.dom import DOMNode
from textual.pilot import Pilot
from textual.widgets import Static

from clouds_edges.client.app import CloudsEdgesApp
from clouds_edges.client.network import AppEnd, Network
from clouds_edges.client.place import Place
from clouds_edges.domain.actors import Process
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.ids import game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.rules import Board
from tests.client.server_in_memory import ConnectionInMemory, ServerInMemory

SMALL = Board(1, 2)
PLACE = Place("in memory")

PRESENCE = Process("presence")


def app_of(
    server: ServerInMemory,
    name: str | None = "Ann",
    *,
    place: Place = PLACE,
    network: Network | None = None,
    **refusals: str,
) -> tuple[CloudsEdgesApp, ConnectionInMemory]:
    connection = ConnectionInMemory(server, name, refusals=refusals)
    return CloudsEdgesApp(connection, place=place, network=network), connection


async def settle(pilot: Pilot[AppEnd]) -> None:
    for _ in range(4):
        await pilot.pause()


def words(screen: DOMNode, selector: str) -> str:
    return str(screen.query_one(selector, Static).content)


async def game_of_two(
    server: ServerInMemory, pilot: Pilot[AppEnd], clock: Clock | None = None
) -> StreamName:
    """Ann, at this terminal, and Bob, whose turn it is."""
    await settle(pilot)
    server.arrange(OpenGame(board=SMALL, clock=clock), server.player("Ann"))
    game = [*server.lobby.tables][-1]
    server.arrange(JoinGame(game), server.player("Bob"))
    await settle(pilot)
    return game_stream(game)


async def until_shown(pilot: Pilot[AppEnd], selector: str, text: str) -> None:
    """Wait for words that change by the clock."""
    async with asyncio.timeout(10):
        while text not in words(pilot.app.screen, selector):
            await pilot.pause(0.05)
