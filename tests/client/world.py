"""A server whose log can be put back and rewritten, and one client, with frames in memory.

The server is the real one from the session inwards, and the client is the real one without its
socket. Every wait is for something that has to come.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, groupby
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Final, cast

from websockets.exceptions import ConnectionClosedOK

from clouds_edges.application.patience import USUAL_PATIENCE
from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.client.receipts import Receipts
from clouds_edges.client.streams import HistoryLost, Step, Streams
from clouds_edges.domain.actors import Player, Process, Seat
from clouds_edges.domain.game.commands import StartGame
from clouds_edges.domain.ids import PLAYERS, GameId, PlayerId, game_stream
from clouds_edges.eventsourcing.decider import CommandId, Issued, StreamName
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.store import Append
from clouds_edges.protocol.frames import format_frame, parse_server_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    ClientMessage,
    Duplicate,
    GiveOrder,
    Happened,
    Hello,
    HistoryDiffers,
    Refused,
    ServerMessage,
    Told,
    Watch,
    Welcome,
)
from clouds_edges.rules import Board
from clouds_edges.server.admin.administration import Administration
from clouds_edges.server.counted_connection import CountedConnection
from clouds_edges.server.device_codes import DeviceCodes
from clouds_edges.server.doors import USUAL_LIMITS, Doors
from clouds_edges.server.hub import Hub
from clouds_edges.server.presence import Presence
from clouds_edges.server.session import Session
from clouds_edges.server.surroundings import Surroundings
from clouds_edges.server.tokens import Tokens
from tests.scenario import NOON
from tests.server.guests import draw, new_token

GAME: Final = game_stream(GameId("0123456789ab"))
BOARD: Final = Board(3, 3)
BOB: Final = Player(PlayerId("bob"), "Bob", "🐙", "#6a9df0")
PATIENCE: Final = 20.0
Log = tuple[Append[AnyEvent], ...]
"""A log as what was appended to it, by which it can be made again."""


class Pipe:
    """What a session takes for a socket."""

    address = "here"

    def __init__(self) -> None:
        self.protocol = SimpleNamespace(max_message_size=0)
        self.asked: asyncio.Queue[str | None] = asyncio.Queue()
        self.said: deque[str] = deque()
        self.news = asyncio.Event()

    async def recv(self) -> str:
        frame = await self.asked.get()
        if frame is None:
            raise ConnectionClosedOK(None, None)
        return frame

    async def send(self, frame: str) -> None:
        self.said.append(frame)
        self.news.set()

    async def close(self, code: int, reason: str) -> None:
        raise AssertionError(code, reason)


@dataclass
class Line:
    """The connection of the moment: its session, and the pipe to it."""

    pipe: Pipe
    session: asyncio.Task[None]


@dataclass
class World:
    """The log, the server of the moment, and the client."""

    folder: Path
    tokens: Tokens
    store: MemoryStore[AnyEvent] = field(default_factory=lambda: MemoryStore(CODEC))
    receipts: Receipts = field(default_factory=Receipts)
    line: Line | None = None
    notices: int = 0
    told: list[Told] | None = None
    """What the client was told of the game that it watches; None while it does not."""
    known: tuple[bytes, ...] = ()
    """The hashes of the game as far as the client was told or had its orders acknowledged."""
    orders: dict[CommandId, GiveOrder] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    token: str = field(default_factory=new_token)

    async def begin(self) -> None:
        """Sign the client up, and let the game begin."""
        self.streams = Streams(self.receipts)
        self._start()
        await self.connect()
        self.backups = [await self.log()]
        (ann,) = (await self.system.players.load(PLAYERS)).state.by_id.values()
        start = StartGame(BOARD, private=False, seats=(Seat(ann), Seat(BOB)), first=0)
        await self._give(start, Process("start-game"))
        await self.back_up()

    async def end(self) -> None:
        await self.drop()
        await self._stop()

    # The server

    def _start(self) -> None:
        self.system = System(self.store, self.folder, lambda: NOON)
        self.hub = Hub(self.system.feed)
        self.following = asyncio.ensure_future(self.hub.run(BEGINNING))

    async def _stop(self) -> None:
        self.following.cancel()
        await asyncio.wait([self.following])
        self.system.close()

    async def restart(self, log: Log | None = None) -> None:
        """Stop the server, and start it again; with this log, if one is given."""
        await self.drop()
        await self._stop()
        if log is not None:
            self.store = MemoryStore(CODEC)
            for append in log:
                await self.store.append(append)
        self._start()

    async def back_up(self) -> None:
        self.backups.append(await self.log())

    async def restore(self, which: int) -> None:
        await self.restart(self.backups[which % len(self.backups)])

    async def log(self) -> Log:
        recorded = await self.store.read_log(BEGINNING, 10_000)
        bodies = self.store._outcomes  # noqa: SLF001 - what an export of the log would hold
        return tuple(
            Append(
                events[0].stream,
                events[0].version - 1,
                tuple(one.event for one in events),
                by,
                command_id,
                bodies[by, command_id][0],
                events[0].at,
                events[0].cause,
            )
            for (by, command_id), run in groupby(recorded, attrgetter("by", "command_id"))
            for events in [list(run)]
        )

    async def hashes(self) -> tuple[bytes, ...]:
        return tuple(one.hash for one in await self.store.read_stream(GAME))

    async def edit(self, place: int) -> None:
        """Let something have happened a little later in the game, and chain it all again."""
        log = [*await self.log()]
        places = [number for number, one in enumerate(log) if one.stream == GAME]
        if places:
            chosen = places[place % len(places)]
            later = log[chosen].at + timedelta(microseconds=next(self.numbers))
            log[chosen] = replace(log[chosen], at=later)
        await self.restart(tuple(log))

    async def play(self) -> None:
        """Whoever is to draw draws: the client by an order, if it is connected; else elsewhere."""
        game = (await self.system.games.load(GAME)).state
        if game is None or game.outcome is not None:
            return
        command = draw(str(game.position.free_lines[0]))
        order = GiveOrder(id=self._new_id(), stream=GAME, command=command)
        if game.to_draw == BOB or self.line is None:
            await self._give(command, game.to_draw)
        else:
            self.orders[order.id] = order
            self._say(order)

    async def _give(self, command: StartGame | object, by: Process | Player) -> None:
        issued = Issued(command, by, NOON, self._new_id())
        await self.system.give(GAME, cast("Issued[StartGame, Process]", issued))

    # The client

    async def connect(self) -> None:
        if self.line is not None:
            return
        pipe = Pipe()
        nobody_operates = cast("Administration", None)
        around = Surroundings(
            self.system,
            self.hub,
            self.tokens,
            DeviceCodes(lambda: NOON, self._new_seed),
            Doors(USUAL_LIMITS, lambda: 0.0),
            nobody_operates,
            Presence(self.system, lambda: NOON, self._new_seed, USUAL_PATIENCE),
            lambda: NOON,
            self._new_seed,
        )
        socket = cast("CountedConnection", pipe)  # of which it has all that a session uses
        self.line = Line(pipe, asyncio.ensure_future(Session(socket, around).run()))
        self._say(Hello(protocol=PROTOCOL_VERSION, token=self.token, name="Ann"))
        async with asyncio.timeout(PATIENCE):
            assert isinstance(await self._next(), Welcome)
        self._say(*self.streams.resume(), *self.orders.values())

    async def drop(self) -> None:
        """Cut the connection: what is on its way is lost."""
        if self.line is not None:
            line, self.line = self.line, None
            line.pipe.asked.put_nowait(None)
            await asyncio.wait([line.session])
            line.session.result()

    async def restart_client(self) -> None:
        """Let the client end, and begin again with nothing but its receipts."""
        await self.drop()
        self.streams, self.told = Streams(self.receipts), None
        self.orders.clear()

    async def watch(self) -> None:
        self._say(*self.streams.watch(GAME))
        self.told = []

    async def unwatch(self) -> None:
        self._say(*self.streams.unwatch(GAME))
        self.told = None

    async def take(self, most: int) -> None:
        """Take what has come, up to so many messages."""
        for _ in range(10):
            await asyncio.sleep(0)
        while self.line is not None and self.line.pipe.said and most:
            most -= 1
            await self._take(await self._next())

    async def settle(self) -> None:
        """Let the client catch up altogether: then it knows a part of what is recorded."""
        await self.connect()
        sync = f"sync/{next(self.numbers)}"
        self._say(Watch(stream=StreamName(sync)))
        async with asyncio.timeout(PATIENCE):
            is_synced = False
            while not (is_synced and not self.orders and await self._is_told()):
                message = await self._next()
                is_synced = is_synced or sync in repr(message)
                await self._take(message)
        assert await self.is_as_known(), "the history changed, and nobody noticed"
        if self.told is not None:
            recorded = await self.store.read_stream(GAME)
            assert [(one.version, one.event) for one in self.told] == [
                (one.version, one.event) for one in recorded
            ]

    async def is_as_known(self) -> bool:
        """Whether what the client knows of the game is still what is recorded."""
        return (await self.hashes())[: len(self.known)] == self.known

    async def _is_told(self) -> bool:
        return self.told is None or len(self.told) == len(await self.hashes())

    async def _take(self, message: ServerMessage) -> None:
        await self._tell(await self._step(message))

    async def _step(self, message: ServerMessage) -> Step:
        """What the client makes of a message, and what it knows by it."""
        match message:
            case Happened():
                step = self.streams.happened(message)
                if any(isinstance(news, Happened) for news in step.news):
                    await self._know(message.version)
                return step
            case HistoryDiffers():
                return self.streams.differs(message)
            case Accepted() | Duplicate():
                step = self.streams.answered(self.orders.pop(message.id), message)
                await self._know(message.version)
                return step
            case Refused(id=id_) if id_ is not None:
                del self.orders[id_]
        return Step()

    async def _tell(self, step: Step) -> None:
        is_more = any(isinstance(news, Happened) for news in step.news)
        for news in step.news:
            match news:
                case HistoryLost() if not is_more:  # else it is more about an earlier one
                    assert not await self.is_as_known(), "a false alarm"
                    self.notices += 1
                    self.known, self.told = (), None if self.told is None else []
                case Happened(events=events) if self.told is not None:
                    self.told += events
                case _:
                    pass
        self._say(*step.wishes)

    async def _know(self, version: int) -> None:
        assert await self.is_as_known(), "the history changed, and the client went on"
        if version >= len(self.known):
            self.known = (await self.hashes())[:version]

    async def _next(self) -> ServerMessage:
        assert self.line is not None
        pipe = self.line.pipe
        while not pipe.said:
            pipe.news.clear()
            await pipe.news.wait()
        return parse_server_frame(pipe.said.popleft())

    def _say(self, *messages: ClientMessage) -> None:
        if self.line is not None:
            for message in messages:
                self.line.pipe.asked.put_nowait(format_frame(message))

    def _new_id(self) -> CommandId:
        return CommandId(f"id-{next(self.numbers)}")

    def _new_seed(self) -> int:
        return next(self.numbers) << 64


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    tokens = Tokens(folder / "tokens.db")
    one = World(folder, tokens)
    await one.begin()
    yield one
    await one.end()
    tokens.close()
