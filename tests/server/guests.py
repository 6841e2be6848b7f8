"""Clients of the tests: they say what they are told to, and wait for what they wait for."""

import asyncio
import gc
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from clouds_edges.application.patience import USUAL_PATIENCE, Patience
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.ids import MAIN_LOBBY, GameId, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.frames import format_frame, parse_server_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    AskRecord,
    ClientMessage,
    Command,
    Duplicate,
    Event,
    GiveOrder,
    Happened,
    Hello,
    LobbyIs,
    RecordIs,
    Refused,
    ServerMessage,
    Told,
    Unwatch,
    Watch,
    Welcome,
)
from clouds_edges.rules import Board, parse_line
from clouds_edges.server.counted_connection import CountedConnection
from clouds_edges.server.doors import USUAL_LIMITS, Limits
from clouds_edges.server.serve import Address, running_server

M = TypeVar("M", bound=ServerMessage)
E = TypeVar("E", bound=Event)

PATIENCE: Final = 10.0
SMALL: Final = Board(2, 2)


def new_token() -> str:
    return f"ce1_{secrets.token_urlsafe(32)}"


@dataclass(slots=True)
class Guest:
    """One socket, and what has come over it that nobody asked for yet."""

    socket: ClientConnection
    token: str = field(default_factory=new_token)
    unread: deque[ServerMessage] = field(default_factory=deque)

    async def say(self, message: ClientMessage) -> None:
        await self.socket.send(format_frame(message))

    async def say_raw(self, frame: str | bytes) -> None:
        await self.socket.send(frame)

    async def next(self, kind: type[M], where: Callable[[M], bool] = lambda _: True) -> M:
        """The next message of this kind; what comes before it waits."""
        for message in self.unread:
            if isinstance(message, kind) and where(message):
                self.unread.remove(message)
                return message
        async with asyncio.timeout(PATIENCE):
            while True:
                message = parse_server_frame(await self.socket.recv())
                if isinstance(message, kind) and where(message):
                    return message
                self.unread.append(message)

    async def say_hello(self, name: str | None = None) -> None:
        await self.say(Hello(protocol=PROTOCOL_VERSION, token=self.token, name=name))

    async def greet(self, name: str | None = None) -> Welcome | Refused:
        await self.say_hello(name)
        return await self.next(Welcome | Refused)  # type: ignore[arg-type]  # a union of classes is one for isinstance

    async def order(
        self, stream: StreamName, command: Command, order_id: str | None = None
    ) -> Accepted | Duplicate | Refused:
        chosen = CommandId(order_id or secrets.token_hex(8))
        await self.say(GiveOrder(id=chosen, stream=stream, command=command))
        return await self.next(
            Accepted | Duplicate | Refused,  # type: ignore[arg-type]  # as above
            lambda answer: answer.id == chosen,
        )

    async def lobby(self) -> LobbyIs:
        await self.say(Watch(stream=MAIN_LOBBY))
        return await self.next(LobbyIs)

    async def watch(self, stream: StreamName, after: int = 0) -> Happened | Refused:
        """Begin anew to watch a stream; the answer says what happened before."""
        await self.say(Unwatch(stream=stream))
        await self.say(AskRecord())
        await self.next(RecordIs)  # behind it nothing comes of an earlier watch
        self.unread = deque(
            one for one in self.unread if not (isinstance(one, Happened) and one.stream == stream)
        )
        await self.say(Watch(stream=stream, after=after))
        return await self.next(
            Happened | Refused,  # type: ignore[arg-type]  # as above
            lambda answer: isinstance(answer, Refused) or answer.stream == stream,
        )

    async def events(self, stream: StreamName, up_to: int, after: int = 0) -> list[Told]:
        """What is told of a stream until it is at a version; fails on a gap or a repeat."""
        told: list[Told] = []
        while after + len(told) < up_to:
            happened = await self.next(Happened, lambda one: one.stream == stream)
            told += happened.events
        assert [one.version for one in told] == list(range(after + 1, after + 1 + len(told)))
        return told

    async def hears_nothing_of(self, stream: StreamName) -> bool:
        """Whether nothing of a stream has come, and nothing of it is on the way."""
        await self.say(AskRecord())
        await self.next(RecordIs)
        return not any(isinstance(one, Happened) and one.stream == stream for one in self.unread)

    async def goodbye(self) -> Close:
        """How the server ends the connection."""
        async with asyncio.timeout(PATIENCE):
            async for frame in self._frames():
                self.unread.append(parse_server_frame(frame))
        code, reason = self.socket.close_code, self.socket.close_reason
        assert code is not None
        return Close(code, reason or "")

    async def _frames(self) -> AsyncIterator[str | bytes]:
        with suppress(ConnectionClosed):
            while True:
                yield await self.socket.recv()


@dataclass(slots=True)
class House:
    """A running server, and everybody who came to it."""

    address: Address
    stack: AsyncExitStack

    async def guest(self, token: str | None = None) -> Guest:
        """Somebody who has not greeted."""
        socket = await self.stack.enter_async_context(
            connect(
                self.address.url, compression=None, proxy=None, max_size=None, close_timeout=0.1
            )
        )
        return Guest(socket, token or new_token())

    async def player(self, name: str | None = None, token: str | None = None) -> Guest:
        """Somebody who is in."""
        guest = await self.guest(token)
        welcome = await guest.greet(name)
        assert isinstance(welcome, Welcome), welcome
        return guest

    async def two_in_a_game(
        self, board: Board = SMALL, clock: Clock | None = None
    ) -> tuple[Guest, Guest, StreamName]:
        """Bob, who draws first, Ann, and their game, which has begun."""
        ann, bob = await self.player("Ann"), await self.player("Bob")
        game = await open_game(ann, OpenGame(board, clock=clock))
        assert isinstance(await bob.order(MAIN_LOBBY, JoinGame(game)), Accepted)
        stream = game_stream(game)
        await started(bob, stream)
        return bob, ann, stream


@asynccontextmanager
async def serving(
    folder: Path,
    port: int = 0,
    patience: Patience = USUAL_PATIENCE,
    limits: Limits = USUAL_LIMITS,
) -> AsyncIterator[House]:
    async with (
        running_server("127.0.0.1", port, folder, patience, limits=limits) as address,
        AsyncExitStack() as stack,
    ):
        yield House(address, stack)


def connections_held(house: House) -> list[CountedConnection]:
    """The connections that the server of a house keeps in memory, whatever became of them."""
    gc.collect()
    every = [one for one in gc.get_objects() if issubclass(type(one), CountedConnection)]
    return [one for one in every if one.local_address[1] == house.address.port]


async def open_game(guest: Guest, command: OpenGame) -> GameId:
    before = (await guest.lobby()).lobby.tables
    assert isinstance(await guest.order(MAIN_LOBBY, command), Accepted)
    after = (await guest.lobby()).lobby.tables
    (game,) = after.keys() - before.keys()
    return game


async def started(guest: Guest, stream: StreamName) -> None:
    """Wait until a game has begun; a process begins it."""
    happened = await guest.watch(stream)
    while not (
        isinstance(happened, Happened)
        and any(isinstance(told.event, GameStarted) for told in happened.events)
    ):
        happened = await guest.next(Happened, lambda one: one.stream == stream)


async def until(guest: Guest, stream: StreamName, kind: type[E]) -> E:
    """Wait until somebody who watches is told of an event of this kind."""
    while True:
        happened = await guest.next(Happened, lambda one: one.stream == stream)
        for told in happened.events:
            if isinstance(told.event, kind):
                return told.event


async def kinds_in(guest: Guest, stream: StreamName) -> list[str]:
    """What has happened in a stream so far."""
    happened = await guest.watch(stream)
    assert isinstance(happened, Happened)
    return [told.event.kind for told in happened.events]


def draw(line: str) -> DrawLine:
    return DrawLine(parse_line(line))
