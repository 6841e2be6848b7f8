"""A connection to a server that runs in memory: the real deciders, no socket and no disk."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from clouds_edges.client.connection import (
    Answer,
    Connection,
    GreetingRefused,
    Status,
    StatusChanged,
    Update,
)
from clouds_edges.domain.actors import Actor, Player
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.commands import Command as GameCommand
from clouds_edges.domain.game.commands import DrawLine, PublicCommand, StartGame
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId, game_in, game_stream
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.commands import CloseGame
from clouds_edges.domain.lobby.commands import Command as LobbyCommand
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.players.commands import Rename, SignUp
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.domain.refusals import NotSignedUp
from clouds_edges.domain.visibility import event_as_seen_by, lobby_as_seen_by
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused, StreamName
from clouds_edges.protocol import messages
from clouds_edges.protocol.messages import Accepted, Command, Happened, LobbyIs, RecordIs, Told

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SEED = 0x9E3779B97F4A7C15F39CC0605CEDC835


@dataclass
class ServerInMemory:
    """Streams, and who watches them; bots draw the first free line, at once."""

    streams: dict[StreamName, list[Told]] = field(default_factory=lambda: defaultdict(list))
    connections: list["ConnectionInMemory"] = field(default_factory=list)
    plays_bots: bool = True
    ids: Iterator[int] = field(default_factory=lambda: count(1))
    now: datetime = NOON

    def player(self, name: str) -> Player:
        player = PLAYERS_DECIDER.fold(()).by_id.get(PlayerId(name))
        return player or Player(PlayerId(name), name, "🐀", "#56b4e9")

    @property
    def lobby(self) -> Lobby:
        events = (told.event for told in self.streams[MAIN_LOBBY])
        return LOBBY_DECIDER.fold(
            event for event in events if isinstance(event, lobby_events.Event)
        )

    def game(self, stream: StreamName) -> Game | None:
        events = (told.event for told in self.streams[stream])
        return GAME_DECIDER.fold(event for event in events if isinstance(event, game_events.Event))

    def order(self, stream: StreamName, command: Command, by: Actor) -> Answer:
        id_ = CommandId(f"order-{next(self.ids)}")
        try:
            if isinstance(command, Rename):
                PLAYERS_DECIDER.decide(
                    Issued(SignUp(command.name), by, NOON, id_), PLAYERS_DECIDER.initial
                )
            elif isinstance(command, PublicCommand):
                self.play(stream, command, by)
            else:
                self.arrange(command, by)
        except Refused as refusal:
            return messages.Refused(id=id_, code=refusal.code, sentence=refusal.sentence)
        return Accepted(id=id_, stream=stream, version=len(self.streams[stream]), head="")

    def arrange(self, command: LobbyCommand, by: Actor) -> None:
        number = next(self.ids)
        issued = Issued(command, by, self.now, CommandId(f"lobby-{number}"), SEED * number)
        for event in LOBBY_DECIDER.decide(issued, self.lobby):
            self.record(MAIN_LOBBY, event, by)
            if isinstance(event, lobby_events.SeatsFilled):
                start = StartGame(event.board, event.private, event.taken, event.first, event.clock)
                self.play(game_stream(event.game), start, by)

    def play(self, stream: StreamName, command: GameCommand, by: Actor) -> None:
        issued = Issued(command, by, self.now, CommandId(f"game-{next(self.ids)}"))
        for event in GAME_DECIDER.decide(issued, self.game(stream)):
            self.record(stream, event, by)
        game = self.game(stream)
        if game is None:
            return
        if game.outcome is not None:
            self.arrange(CloseGame(game_in(stream)), by)
        elif self.plays_bots and game.seats[game.position.seat_to_draw].bot:
            self.play(stream, DrawLine(game.position.free_lines[0]), game.to_draw)

    def record(self, stream: StreamName, event: messages.Event, by: Actor) -> None:
        version = len(self.streams[stream]) + 1
        self.streams[stream].append(Told(version=version, at=self.now, by=by.id, event=event))
        for connection in self.connections:
            connection.tell(stream, version - 1)


class ConnectionInMemory(Connection):
    """One player's connection; `is_held` keeps answers and news back until `release`."""

    def __init__(
        self, server: ServerInMemory, name: str | None, *, refusals: dict[str, str] | None = None
    ) -> None:
        super().__init__("memory:", "token", name, new_id=lambda: CommandId("unused"))
        self.server = server
        self.record = RecordIs(played=3, won=2, drawn=0, lost=1, boxes=40)
        self.answers: list[Answer] = []
        """Come instead of the server's, for the next orders."""
        self.known_as: str | None = None
        """Whom the server knows by the token, without being told a name."""
        self._refusals = refusals or {}
        self._told: asyncio.Queue[Update] = asyncio.Queue()
        self._watched: set[StreamName] = set()
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()

    def hold(self) -> None:
        self._may_go_on.clear()

    def release(self) -> None:
        self._may_go_on.set()

    async def run(self) -> None:
        name = self.known_as or self.name
        if name is None:
            raise GreetingRefused(NotSignedUp.code, "a name is needed")
        if name in self._refusals and self.known_as is None:
            raise GreetingRefused(self._refusals[name], f"{name} is not possible")
        self.player = self.server.player(name)
        self.server.connections.append(self)
        self.status = Status.ONLINE
        self.say(StatusChanged(Status.ONLINE, "connected"))
        for stream in self._watched:
            self.tell(stream)
        await asyncio.Event().wait()

    async def order(self, stream: StreamName, command: Command) -> Answer:
        await self._may_go_on.wait()
        if self.player is None:
            return messages.Refused(id=None, code=NotSignedUp.code, sentence="sign up first")
        if self.answers:
            return self.answers.pop(0)
        return self.server.order(stream, command, self.player)

    def watch(self, stream: StreamName) -> None:
        self._watched.add(stream)
        self.tell(stream)

    def unwatch(self, stream: StreamName) -> None:
        self._watched.discard(stream)

    @property
    def server_now(self) -> datetime:
        return self.server.now

    def ask_record(self) -> None:
        self.say(self.record)

    async def updates(self) -> AsyncIterator[Update]:
        while True:
            yield await self._told.get()

    def say(self, update: Update) -> None:
        self._told.put_nowait(update)

    def tell(self, stream: StreamName, after: int = 0) -> None:
        if stream not in self._watched or self.player is None:
            return
        version = len(self.server.streams[stream])
        if stream == MAIN_LOBBY and after == 0:
            lobby = lobby_as_seen_by(self.player.id, self.server.lobby)
            self.say(LobbyIs(stream=stream, version=version, lobby=lobby))
            return
        events = tuple(self._as_seen(told) for told in self.server.streams[stream][after:])
        self.say(Happened(stream=stream, version=version, events=events))

    def _as_seen(self, told: Told) -> Told:
        if self.player is None or not isinstance(told.event, lobby_events.Event):
            return told
        event = event_as_seen_by(self.player.id, told.event)
        return told.model_copy(update={"event": event})
