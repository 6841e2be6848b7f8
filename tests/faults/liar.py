"""A server that speaks the protocol, and says what it likes wherever there is room for a text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_in_threads

from clouds_edges.domain.actors import Player, Seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.commands import AcceptDraw, DeclineDraw, DrawLine, Resign
from clouds_edges.domain.game.events import (
    DrawOffered,
    GameEnded,
    GameStarted,
    LineDrawn,
    PlayerVanished,
)
from clouds_edges.domain.ids import (
    MAIN_LOBBY,
    GameId,
    InviteCode,
    PlayerId,
    game_in,
)
from clouds_edges.domain.lobby.events import SeatsFilled
from clouds_edges.domain.lobby.state import Lobby, Table
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.frames import format_frame, parse_client_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    AskDeviceCode,
    AskDevices,
    AskRecord,
    CloseCode,
    DeviceCodeIs,
    DeviceRow,
    DevicesAre,
    Event,
    FrozenIs,
    GiveOrder,
    Happened,
    Hello,
    HistoryDiffers,
    LobbyIs,
    Receipt,
    RecordIs,
    Refused,
    RevokeDevice,
    ServerMessage,
    Told,
    Watch,
    Welcome,
)
from clouds_edges.rules import Board, Ending, Outcome, parse_line
from tests.faults.hostile_text import Words

ME: Final = PlayerId("k3v9m2x7q0ab")
NOW: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
BOARD: Final = Board(2, 2)
OPEN, MINE, PLAYED, OTHERS = map(
    GameId, ("open00000000", "mine00000000", "play00000000", "othe00000000")
)
HEAD: Final = "5f" * 32
LOST_HEAD: Final = "6a" * 32


@dataclass
class Liar:
    """What is said to every client; `words` says what in the place of each text.

    Orders have no effect, but some make it lie about more: to draw, it is frozen and thaws; to
    decline a draw, the game ends; to resign, the history differs; to accept a draw, it hangs up for
    good.
    """

    words: Words
    refuses_names: bool = False
    """Whether the first greeting is refused."""
    _greetings: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def converse(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for frame in socket:
                message = parse_client_frame(frame)
                for answer in self._answers(message, socket):
                    socket.send(format_frame(answer))

    def _answers(self, message: object, socket: ServerConnection) -> Iterator[ServerMessage]:
        match message:
            case Hello():
                yield self._greeted()
            case Watch(stream=stream) if stream == MAIN_LOBBY:
                yield LobbyIs(stream=MAIN_LOBBY, version=1, lobby=self._lobby())
            case Watch(stream=stream):
                yield self._told(stream, *self._game(game_in(stream)))
            case AskRecord():
                yield RecordIs(played=6, won=3, drawn=1, lost=2, boxes=40)
            case AskDevices():
                device = DeviceRow(
                    id="0a1b2c3d", name=self.words("laptop"), since=NOW, seen=NOW, is_this=True
                )
                yield DevicesAre(devices=(device,))
            case AskDeviceCode():
                yield DeviceCodeIs(code=self.words("k3v9m2x7"), until=NOW)
            case RevokeDevice():
                socket.close(CloseCode.REVOKED, self.words("signed out"))
            case GiveOrder():
                yield from self._ordered(message, socket)
            case _:
                pass

    def _greeted(self) -> ServerMessage:
        with self._lock:
            self._greetings += 1
            if self.refuses_names and self._greetings == 1:
                return Refused(id=None, code="name_taken", sentence=self.words("Ann is taken"))
        version = self.words("0.1.0")
        return Welcome(protocol=PROTOCOL_VERSION, server=version, player=self._player(ME), now=NOW)

    def _ordered(self, order: GiveOrder, socket: ServerConnection) -> Iterator[ServerMessage]:
        code, sentence = self.words("no"), self.words("that is not possible")
        match order.command:
            case DrawLine():
                yield FrozenIs(reason=self.words("backup"), since=NOW)
                yield FrozenIs(reason=None, since=NOW)
            case DeclineDraw():
                outcome = Outcome(Ending.RESIGNED, (1, 0), (0,))
                yield self._told(order.stream, GameEnded(outcome), after=4)
            case Resign():
                receipt = Receipt(stream=order.stream, version=4, head=HEAD)
                yield HistoryDiffers(receipt=receipt, version=1, sentence=self.words("less"))
            case AcceptDraw():
                socket.close(CloseCode.UPDATE_NEEDED, self.words("update needed"))
                return
            case Rename():
                pass
            case _:
                filled = SeatsFilled(MINE, BOARD, private=True, taken=self._seats(), first=0)
                yield Happened(stream=MAIN_LOBBY, version=2, events=(_told(2, filled),))
        yield Refused(id=order.id, code=code, sentence=sentence)

    def _told(self, stream: StreamName, *events: Event, after: int = 0) -> Happened:
        told = tuple(_told(version, event) for version, event in enumerate(events, after + 1))
        return Happened(stream=stream, version=after + len(told), events=told, head=HEAD)

    def _game(self, game: GameId) -> tuple[Event, ...]:
        private = game == MINE
        clock = Clock(timedelta(minutes=5), timedelta(0))
        return (
            GameStarted(BOARD, private=private, seats=self._seats(), first=1, clock=clock),
            LineDrawn(1, parse_line("a1h")),
            PlayerVanished(1, NOW, NOW + timedelta(minutes=1)),
            DrawOffered(1, 1),
        )

    def _lobby(self) -> Lobby:
        def table(
            game: GameId, *taken: Seat, is_playing: bool = False, is_private: bool = False
        ) -> Table:
            invite = InviteCode(self.words("k3v9m2")) if is_private else None
            return Table(game, BOARD, 2, is_private, invite, taken, is_playing)

        tables = (
            table(OPEN, self._seat()),
            table(MINE, Seat(self._player(ME)), is_private=True),
            table(PLAYED, *self._seats(), is_playing=True),
            table(OTHERS, self._seat(), self._seat(), is_playing=True),
        )
        return Lobby({one.game: one for one in tables})

    def _seats(self) -> tuple[Seat, ...]:
        return Seat(self._player(ME)), self._seat()

    def _seat(self) -> Seat:
        return Seat(self._player(PlayerId(self.words("7h2c9d4f1g8j"))))

    def _player(self, player: PlayerId) -> Player:
        return Player(player, self.words("Ann"), self.words("🐘"), self.words("#8fbf5a"))


@contextmanager
def lying(liar: Liar) -> Iterator[str]:
    """The address at which it lies."""
    with serve_in_threads(liar.converse, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            host, port = server.socket.getsockname()
            yield f"ws://{host}:{port}"
        finally:
            server.shutdown()
            thread.join()


def _told(version: int, event: Event) -> Told:
    return Told(version=version, at=NOW, by=ME, event=event)
