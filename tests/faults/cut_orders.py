"""Connections that are cut after any number of bytes while an order is given (F7)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.events import LineDrawn
from clouds_edges.domain.ids import MAIN_LOBBY, GameId, game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.domain.lobby.events import GameOpened
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Happened, LobbyIs
from clouds_edges.rules import Board, Line
from tests.client.persons import Person, answered, person
from tests.faults.bystanders import log_kept
from tests.faults.proxy import Proxy, Way, proxy_to
from tests.server.guests import serving

_BOARD: Final = Board(20, 20)
_LANES: Final = 8
"""Players whose connections are cut, each with a game of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOrders:
    """What came of orders whose connection was cut after any number of bytes."""

    stride: int
    orders: int
    cut: int
    """Orders that went with a connection."""
    answers: Mapping[str, int]
    """What the client was told in the end: an order is accepted, or a duplicate of itself."""
    lost: int
    """Lines that are not in the game, though the client was told so."""
    doubled: int
    gaps: int
    """Players who were not told one contiguous run (I9)."""
    errors: tuple[str, ...]


@dataclass(slots=True)
class _Lane:
    """A player with a bad line, who plays both seats of a game."""

    player: Person
    proxy: Proxy
    stream: StreamName
    lines: list[Line] = field(default_factory=lambda: list(_BOARD.lines))
    told: list[Line] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    cut: int = 0

    async def draw(self) -> None:
        """Draw a line, and wait for the answer and for what happened."""
        line = self.lines.pop()
        self.told.append(line)
        answer = await answered(self.player.connection.order(self.stream, DrawLine(line)))
        self.answers[answer.kind] += 1
        version = answer.version or 0
        while max(self.player.versions(self.stream)) < version:
            await self.player.next(Happened, lambda one: one.stream == self.stream)

    async def draw_and_lose(self, way: Way, after: int) -> None:
        """Draw a line while the connection is cut so many bytes later."""
        way.left = after
        await self.draw()
        self.cut += way.left is None
        way.left = None

    def drawn(self) -> Counter[Line]:
        """The lines that the player was told of."""
        return Counter(
            told.event.line
            for one in self.player.seen
            if isinstance(one, Happened) and one.stream == self.stream
            for told in one.events
            if isinstance(told.event, LineDrawn)
        )

    def has_gaps(self) -> bool:
        versions = self.player.versions(self.stream)
        return versions != list(range(1, len(versions) + 1))


async def cut_orders(stride: int, folder: Path) -> CutOrders:
    """Cut connections after every `stride`-th number of bytes, in both directions."""
    with log_kept() as errors:
        async with serving(folder) as house:
            port = house.address.port
            lanes = await asyncio.gather(*(_play(port, one, stride) for one in range(_LANES)))
    wanted = [(Counter(lane.told), lane.drawn()) for lane in lanes]
    return CutOrders(
        stride=stride,
        orders=sum(len(lane.told) for lane in lanes),
        cut=sum(lane.cut for lane in lanes),
        answers=dict(sum((lane.answers for lane in lanes), Counter[str]())),
        lost=sum((told - drawn).total() for told, drawn in wanted),
        doubled=sum((drawn - told).total() for told, drawn in wanted),
        gaps=sum(lane.has_gaps() for lane in lanes),
        errors=tuple(errors),
    )


async def _play(port: int, number: int, stride: int) -> _Lane:
    """Draw a line for every number of bytes that is this player's."""
    async with proxy_to(port) as proxy, person(proxy.url, f"Player {number}") as player:
        lane = _Lane(player, proxy, await _alone_in_a_game(player))
        for way in (proxy.to_server, proxy.to_client):
            before = way.passed
            await lane.draw()
            for after in range(number * stride, way.passed - before, _LANES * stride):
                await lane.draw_and_lose(way, after)
        await lane.draw()
    return lane


async def _alone_in_a_game(player: Person) -> StreamName:
    """Begin a game against somebody at the same keyboard, and watch it."""
    await player.online()
    player.connection.watch(MAIN_LOBBY)
    await player.next(LobbyIs)
    order = OpenGame(_BOARD, neighbours=("Somebody",))
    await answered(player.connection.order(MAIN_LOBBY, order))
    happened = await player.next(Happened, lambda one: bool(_opened_by(player, one)))
    player.connection.unwatch(MAIN_LOBBY)
    stream = game_stream(_opened_by(player, happened)[0])
    player.connection.watch(stream)
    await player.next(Happened, lambda one: one.stream == stream and one.version > 0)
    return stream


def _opened_by(player: Person, happened: Happened) -> list[GameId]:
    return [
        told.event.game
        for told in happened.events
        if isinstance(told.event, GameOpened)
        and told.event.taken[0].player == player.connection.player
    ]
