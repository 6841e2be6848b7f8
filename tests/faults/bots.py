"""Headless clients that play each other, and write down what they were told and acknowledged."""

from __future__ import annotations

import asyncio
import random
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeAlias

from clouds_edges.client.connection import Answer, Connection, Status, StatusChanged
from clouds_edges.client.streams import HistoryLost
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.decider import evolve as evolve_game
from clouds_edges.domain.game.events import Event as GameEvent
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.lobby.decider import evolve as evolve_lobby
from clouds_edges.domain.lobby.events import Event as LobbyEvent
from clouds_edges.domain.lobby.state import Lobby, Table
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.messages import Accepted, Command, Duplicate, Happened, LobbyIs, Told
from clouds_edges.rules import Board
from tests.server.guests import new_token

BOARD: Final = Board(3, 3)
Wish: TypeAlias = tuple[StreamName, Command]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a bot keeps of an answer."""

    id: CommandId
    stream: StreamName
    version: int
    head: str


class Bot:
    """Plays one game after another with its partner, and watches those of another pair."""

    def __init__(self, url: str, name: str, chance: random.Random) -> None:
        self.name = name
        self.asked: dict[CommandId, Wish] = {}
        self.acknowledged: list[Kept] = []
        self.told: dict[StreamName, list[Told]] = {}
        self.lost: list[HistoryLost] = []
        """When the server did not have what it had told before."""
        self.partner = self.watched = self
        self._chance = chance
        self._connection = Connection(url, new_token(), name, new_id=self._new_id)
        self._wish: Wish | None = None
        self._ordering: asyncio.Task[Answer] | None = None
        self._lobby = Lobby()
        self._games: dict[StreamName, Game | None] = {}
        self._reached: dict[StreamName, int] = {}
        self._awaited: dict[StreamName, int] = {}
        """What a stream has to come to before there is anything more to be done in it."""
        self._news = asyncio.Event()
        self._is_online = asyncio.Event()

    async def run(self) -> None:
        """Play until cancelled."""
        self._connection.watch(MAIN_LOBBY)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._connection.run())
            tasks.create_task(self._follow())
            tasks.create_task(self._play())

    async def online(self) -> None:
        """Wait for the server."""
        await self._is_online.wait()

    def lose_server(self) -> None:
        """Know at once that the server was killed; some give up what they were about."""
        self._is_online.clear()
        if self._ordering is not None and self._chance.random() < 0.5:
            self._ordering.cancel()

    async def _follow(self) -> None:
        async for update in self._connection.updates():
            match update:
                case StatusChanged(status=Status.ONLINE):
                    self._is_online.set()
                case StatusChanged():
                    self._is_online.clear()
                case LobbyIs(lobby=lobby, version=version):
                    self._lobby, self._reached[MAIN_LOBBY] = lobby, version
                    self._awaited.pop(MAIN_LOBBY, None)
                case Happened(stream=stream, events=events, version=version):
                    self._take(stream, events)
                    self._reached[stream] = version
                case HistoryLost(stream=stream):
                    self.lost.append(update)
                    for known in (self._games, self.told, self._reached):
                        known.pop(stream, None)
                    self._awaited.clear()
                case _:
                    pass
            self._watch_games()
            self._news.set()

    def _take(self, stream: StreamName, events: tuple[Told, ...]) -> None:
        for told in events:
            if stream == MAIN_LOBBY:
                assert isinstance(told.event, LobbyEvent)
                self._lobby = evolve_lobby(self._lobby, told.event)
            else:
                assert isinstance(told.event, GameEvent)
                self.told.setdefault(stream, []).append(told)
                self._games[stream] = evolve_game(self._games.get(stream), told.event)

    def _is_behind(self, stream: StreamName) -> bool:
        """Whether what was acknowledged has not been told yet."""
        return self._reached.get(stream, 0) < self._awaited.get(stream, 0)

    def _watch_games(self) -> None:
        for one in (self, self.partner, self.watched):
            table = self._table_of(one)
            stream = None if table is None else game_stream(table.game)
            if stream is not None and stream not in self._games:
                self._games[stream] = None
                self._connection.watch(stream)

    def _table_of(self, opener: Bot) -> Table | None:
        return next(
            (one for one in self._lobby.tables.values() if one.opener.name == opener.name), None
        )

    async def _play(self) -> None:
        while True:
            self._news.clear()
            wish = self._next_wish()
            if wish is None:
                await self._news.wait()
            else:
                await self._order(wish)

    def _next_wish(self) -> Wish | None:
        """What there is to be done now."""
        opens = self.name < self.partner.name
        table = self._table_of(self if opens else self.partner)
        if self._is_behind(MAIN_LOBBY) or self._connection.player is None:
            return None
        if table is None:
            return (MAIN_LOBBY, OpenGame(BOARD)) if opens else None
        if not table.is_playing:
            return None if opens else (MAIN_LOBBY, JoinGame(table.game))
        stream = game_stream(table.game)
        game = self._games.get(stream)
        if game is None or game.outcome is not None or self._is_behind(stream):
            return None
        if game.to_draw.id != self._connection.player.id:
            return None
        return stream, DrawLine(self._chance.choice(game.position.free_lines))

    async def _order(self, wish: Wish) -> None:
        """Give an order, and write down the answer, unless it is given up."""
        self._wish = wish
        self._ordering = asyncio.ensure_future(self._connection.order(*wish))
        try:
            await asyncio.wait([self._ordering])
        finally:
            self._ordering.cancel()
        with suppress(asyncio.CancelledError):
            answer = self._ordering.result()
            if isinstance(answer, Accepted | Duplicate):
                self.acknowledged.append(
                    Kept(answer.id, answer.stream, answer.version, answer.head)
                )
                self._awaited[answer.stream] = answer.version
        self._ordering = None

    def _new_id(self) -> CommandId:
        assert self._wish is not None
        command_id = CommandId(secrets.token_hex(8))
        self.asked[command_id] = self._wish
        return command_id


def eight_bots(url: str, seed: int) -> tuple[Bot, ...]:
    """Four pairs, each of which watches the games of the next."""
    bots = [
        Bot(url, f"Bot {number}", random.Random(f"{seed} {number}"))  # noqa: S311 - to be had again
        for number in range(8)
    ]
    for number, bot in enumerate(bots):
        bot.partner = bots[number ^ 1]
        bot.watched = bots[(number // 2 * 2 + 2) % 8]
    return (*bots,)
