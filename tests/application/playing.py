"""A system at work, and the people who use it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
from clouds_edges.domain.actors import Actor, Guest, Player
from clouds_edges.domain.game.clock import Clock as GameClock
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, GameId, PlayerId, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.players.commands import SignUp
from clouds_edges.eventsourcing.command_handler import Handled
from clouds_edges.eventsourcing.decider import CommandId, Issued, StreamName
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.eventsourcing.store import EventStore
from clouds_edges.rules import Board
from tests.eventsourcing.clock import Clock

SMALL: Final = Board(2, 2)


@asynccontextmanager
async def house(
    store: EventStore[AnyEvent], folder: Path, clock: Clock | None = None
) -> AsyncIterator["House"]:
    """A system that runs for as long as the context lasts, on a clock that others move."""
    clock = clock or Clock()
    system = System(store, folder, clock.now, rest=clock.rest)
    async with running_house(system, clock) as open_house:
        yield open_house


@asynccontextmanager
async def running_house(system: System, clock: Clock) -> AsyncIterator["House"]:
    """A system of one's own making, likewise."""
    running = [asyncio.ensure_future(run) for run in system.runs()]
    yield House(system, clock)
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    system.close()


@asynccontextmanager
async def resting_house(
    store: EventStore[AnyEvent], folder: Path, clock: Clock | None = None
) -> AsyncIterator["House"]:
    """A system whose projections and processes do not run."""
    clock = clock or Clock()
    system = System(store, folder, clock.now, rest=clock.rest)
    yield House(system, clock)
    system.close()


def lose_checkpoints(folder: Path) -> None:
    """Let everything that can be made again from the log be gone."""
    for file in folder.rglob("*.db*"):
        file.unlink()


@dataclass
class House:
    system: System
    clock: Clock
    _given: int = 0

    async def give(self, stream: StreamName, command: AnyCommand, by: Actor) -> Handled:
        """Give a command with an id and dice of its own."""
        self._given += 1
        number = 1_000 * await self.system.store.end() + self._given
        seed = 1_000_003**3 * (number + 1)
        return await self.system.give(
            stream, Issued(command, by, self.clock.now(), CommandId(f"{number}"), seed)
        )

    async def sign_up(self, name: str) -> Player:
        guest = Guest(PlayerId(f"id-of-{name}"))
        await self.give(PLAYERS, SignUp(name), guest)
        player = await self.system.player(guest.id)
        assert player is not None
        return player

    async def start(
        self, *players: Player, board: Board = SMALL, clock: GameClock | None = None
    ) -> GameId:
        """Open a game with a seat for each, let all of them sit down, and wait for the start."""
        opener, *others = players
        game = await self.open(OpenGame(board, seats=len(players), clock=clock), opener)
        await self.start_open(game, *others)
        return game

    async def start_open(self, game: GameId, *others: Player) -> None:
        """Let these sit down in the last free seats, and wait for the start."""
        for other in others:
            await self.give(MAIN_LOBBY, JoinGame(game), other)
        await self.until_game(game, lambda _: True)

    async def open(self, command: OpenGame, by: Player) -> GameId:
        before = (await self.lobby()).tables
        await self.give(MAIN_LOBBY, command, by)
        (game,) = (await self.lobby()).tables.keys() - before.keys()
        return game

    async def play_out(self, game: GameId) -> Game:
        """Let everybody draw the first free line until the game is over."""
        stream = game_stream(game)
        state = await self.game(game)
        while state.outcome is None:
            await self.give(stream, DrawLine(state.position.free_lines[0]), state.to_draw)
            state = await self.game(game)
        return state

    async def game(self, game: GameId) -> Game:
        state = (await self.system.games.load(game_stream(game))).state
        assert state is not None
        return state

    async def lobby(self) -> Lobby:
        return (await self.system.lobbies.load(MAIN_LOBBY)).state

    async def log(self) -> list[Recorded[AnyEvent]]:
        return [*await self.system.store.read_log(BEGINNING, 100_000)]

    async def until_game(self, game: GameId, wanted: Callable[[Game], bool]) -> Game:
        """Wait until a game has begun and is as wanted."""
        async with asyncio.timeout(20):
            async for _ in self.system.feed.follow(BEGINNING):
                state = (await self.system.games.load(game_stream(game))).state
                if state is not None and wanted(state):
                    return state
        raise AssertionError  # a feed has no end

    async def until_lobby(self, wanted: Callable[[Lobby], bool]) -> Lobby:
        """Wait until the lobby is as wanted."""
        async with asyncio.timeout(20):
            async for _ in self.system.feed.follow(BEGINNING):
                state = await self.lobby()
                if wanted(state):
                    return state
        raise AssertionError  # a feed has no end

    async def until_counted(self, player: Player, played: int) -> None:
        """Wait until so many games of a player are in the standings."""
        async with asyncio.timeout(20):
            while (await self.system.standing(player.id)).played < played:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
