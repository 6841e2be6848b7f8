"""People who keep a connection, and what it tells them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar

from clouds_edges.client.connection import Connection, Status, StatusChanged, Update
from clouds_edges.client.receipts import Receipts
from clouds_edges.client.streams import HistoryLost
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.invites import Fingerprint
from clouds_edges.protocol.messages import (
    Accepted,
    Duplicate,
    Happened,
    LobbyIs,
    RecordIs,
    Refused,
)
from clouds_edges.rules import Board
from tests.server.guests import new_token

PATIENCE: Final = 20.0
BOARD: Final = Board(2, 2)
U = TypeVar("U", StatusChanged, Happened, HistoryLost, LobbyIs, RecordIs, Refused)


@dataclass(slots=True)
class Person:
    """Somebody with a connection, and what it has told."""

    connection: Connection
    seen: list[Update] = field(default_factory=list)

    async def next(self, kind: type[U], where: Callable[[U], bool] = lambda _: True) -> U:
        async with asyncio.timeout(PATIENCE):
            async for update in self.connection.updates():
                self.seen.append(update)
                if isinstance(update, kind) and where(update):
                    return update
        raise AssertionError

    async def online(self) -> None:
        await self.next(StatusChanged, lambda changed: changed.status is Status.ONLINE)

    async def told_up_to(self, stream: StreamName, version: int) -> None:
        """Wait for a version, and check that everything before it was told once and in order."""
        if self.versions(stream)[-1:] != [version]:
            await self.next(Happened, lambda one: one.stream == stream and one.version >= version)
        assert self.versions(stream) == list(range(1, version + 1))

    def versions(self, stream: StreamName) -> list[int]:
        return [
            told.version
            for one in self.seen
            if isinstance(one, Happened) and one.stream == stream
            for told in one.events
        ]


def connection_to(
    url: str,
    name: str | None,
    token: str | None = None,
    receipts: Receipts | None = None,
    key: Fingerprint | None = None,
) -> Connection:
    return Connection(
        url,
        token or new_token(),
        name,
        key=key,
        new_id=lambda: CommandId(secrets.token_hex(8)),
        receipts=receipts,
    )


@asynccontextmanager
async def person(
    url: str,
    name: str | None,
    token: str | None = None,
    receipts: Receipts | None = None,
    key: Fingerprint | None = None,
) -> AsyncIterator[Person]:
    connection = connection_to(url, name, token, receipts, key)
    running = asyncio.create_task(connection.run())
    try:
        yield Person(connection)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def two_in_a_game(
    url: str,
    tokens: Sequence[str | None] = (None, None),
    receipts: Sequence[Receipts | None] = (None, None),
) -> AsyncIterator[tuple[Person, Person, StreamName]]:
    """Bob, who draws first, Ann, and their game, which has begun and which both watch."""
    async with (
        person(url, "Ann", tokens[1], receipts[1]) as ann,
        person(url, "Bob", tokens[0], receipts[0]) as bob,
    ):
        await ann.online()
        await bob.online()
        ann.connection.watch(MAIN_LOBBY)
        await ann.next(LobbyIs)
        await answered(ann.connection.order(MAIN_LOBBY, OpenGame(BOARD)))
        bob.connection.watch(MAIN_LOBBY)
        (game,) = (await bob.next(LobbyIs)).lobby.tables
        await answered(bob.connection.order(MAIN_LOBBY, JoinGame(game)))
        for one in (ann, bob):
            one.connection.watch(game_stream(game))
            await one.told_up_to(game_stream(game), 1)
        yield bob, ann, game_stream(game)


async def answered(
    order: Awaitable[Accepted | Duplicate | Refused],
) -> Accepted | Duplicate | Refused:
    async with asyncio.timeout(PATIENCE):
        return await order
