"""One message of every kind, with one command or event of every kind inside.

A message or a part of it that has changed since it was first sent has a number behind its name.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from clouds_edges.domain.actors import BotLevel, Player, Seat, bot_seat
from clouds_edges.domain.game import commands as game
from clouds_edges.domain.game import events as in_game
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.ids import (
    MAIN_LOBBY,
    PLAYERS,
    GameId,
    InviteCode,
    PlayerId,
    game_stream,
)
from clouds_edges.domain.lobby import commands as lobby
from clouds_edges.domain.lobby import events as in_lobby
from clouds_edges.domain.lobby.state import Lobby, Table
from clouds_edges.domain.players import commands as players
from clouds_edges.domain.players import events as among_players
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.messages import (
    Accepted,
    AskDeviceCode,
    AskDevices,
    AskRecord,
    CheckReceipts,
    ClientMessage,
    Command,
    DeviceCodeIs,
    DeviceRow,
    DevicesAre,
    Duplicate,
    Event,
    ForgottenAre,
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
    Unwatch,
    Watch,
    Welcome,
)
from clouds_edges.rules import Board, Ending, Outcome, parse_line

ANN: Final = Player(PlayerId("k3v9m2x7q0ab"), "Ann", "🐘", "#8fbf5a")
BOB: Final = Player(PlayerId("7h2c9d4f1g8j"), "Zoë 田", "🐙", "#6a9df0")
BOARD: Final = Board(3, 5)
GAME: Final = GameId("0123456789ab")
GAME_STREAM: Final = game_stream(GAME)
INVITE: Final = InviteCode("k3v9m2")
SEATS: Final = (Seat(ANN), Seat(BOB), bot_seat(BotLevel.CHAINS))
CLOCK: Final = Clock(timedelta(minutes=5), timedelta(seconds=2.5))
TABLE: Final = Table(GAME, BOARD, 3, private=True, invite=INVITE, taken=SEATS[:2], clock=CLOCK)
AT: Final = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER: Final = datetime(2026, 7, 1, 12, 1, tzinfo=UTC)
HEAD: Final = "5f" * 32
ID: Final = CommandId("0f1e2d3c4b5a6978")

COMMANDS: Final[tuple[tuple[StreamName, Command], ...]] = (
    (GAME_STREAM, game.DrawLine(parse_line("b3h"))),
    (GAME_STREAM, game.Resign()),
    (GAME_STREAM, game.OfferDraw()),
    (GAME_STREAM, game.AcceptDraw(3)),
    (GAME_STREAM, game.DeclineDraw(3)),
    (GAME_STREAM, game.ClaimGame()),
    (MAIN_LOBBY, lobby.OpenGame(BOARD, 4, True, (BotLevel.GREEDY,), ("Cyd",), CLOCK)),  # noqa: FBT003 - the order is part of what is tested
    (MAIN_LOBBY, lobby.JoinGame(GAME)),
    (MAIN_LOBBY, lobby.AcceptInvite(INVITE)),
    (MAIN_LOBBY, lobby.LeaveGame(GAME)),
    (MAIN_LOBBY, lobby.CancelGame(GAME)),
    (PLAYERS, players.Rename("Anna")),
)

EVENTS: Final[tuple[tuple[StreamName, Event], ...]] = (
    (GAME_STREAM, in_game.GameStarted(BOARD, private=True, seats=SEATS, first=2, clock=CLOCK)),
    (GAME_STREAM, in_game.LineDrawn(2, parse_line("b3h"))),
    (GAME_STREAM, in_game.PlayerResigned(1)),
    (GAME_STREAM, in_game.GameEnded(Outcome(Ending.RESIGNED, (3, 2, 0), (0,)))),
    (GAME_STREAM, in_game.ClockStarted(AT)),
    (GAME_STREAM, in_game.ClockPressed(2, timedelta(minutes=4, seconds=58.765432), AT)),
    (GAME_STREAM, in_game.ClockStood(AT, LATER)),
    (GAME_STREAM, in_game.TimeRanOut(1)),
    (GAME_STREAM, in_game.PlayerVanished(1, AT, LATER)),
    (GAME_STREAM, in_game.PlayerReturned(1)),
    (GAME_STREAM, in_game.GraceEnded(1)),
    (GAME_STREAM, in_game.GameClaimed(0, (1,))),
    (GAME_STREAM, in_game.DrawOffered(0, 3)),
    (GAME_STREAM, in_game.DrawAccepted(1, 3)),
    (GAME_STREAM, in_game.DrawDeclined(1, 3)),
    (MAIN_LOBBY, in_lobby.GameOpened(GAME, BOARD, 3, True, INVITE, SEATS[:1], CLOCK)),  # noqa: FBT003 - as above
    (MAIN_LOBBY, in_lobby.SeatTaken(GAME, SEATS[1])),
    (MAIN_LOBBY, in_lobby.SeatLeft(GAME, BOB.id)),
    (MAIN_LOBBY, in_lobby.SeatsFilled(GAME, BOARD, True, SEATS, 2, CLOCK)),  # noqa: FBT003 - as above
    (MAIN_LOBBY, in_lobby.GameCancelled(GAME)),
    (MAIN_LOBBY, in_lobby.GameClosed(GAME)),
    (MAIN_LOBBY, in_lobby.GameExpired(GAME)),
    (PLAYERS, among_players.PlayerSignedUp(ANN)),
    (PLAYERS, among_players.PlayerRenamed(ANN.id, "Anna")),
    (PLAYERS, among_players.PlayerForgotten(ANN.id)),
    (PLAYERS, among_players.AdminGranted(ANN.id)),
    (PLAYERS, among_players.AdminWithdrawn(ANN.id)),
)


_SHAPES: Final = {"open_game": 2, "game_opened": 2, "seats_filled": 2, "game_started": 2}
"""How often the commands and events have changed that have; the others are as they were."""


def name_of(message: str, kind: str) -> str:
    """What a message is stored under that carries a command or an event of this kind."""
    shape = _SHAPES.get(kind)
    return f"{message}-{kind}" + ("" if shape is None else f".{shape}")


def _told(event: Event) -> tuple[Told, ...]:
    return (Told(version=7, at=AT, by=ANN.id, event=event),)


CLIENT_MESSAGES: Final[dict[str, ClientMessage]] = {
    "hello": Hello(protocol=1, token="ce1_" + "x" * 43, name="Zoë 田", client="0.1.0"),
    "hello-again": Hello(protocol=1, token="ce1_" + "x" * 43),
    "hello-as_admin": Hello(protocol=3, token="ce1_" + "x" * 43, client="0.1.0", role="admin"),
    "hello-with_code": Hello(
        protocol=3, token="ce1_" + "x" * 43, device="anns-laptop", code="k3v9m2x7"
    ),
    "watch": Watch(stream=GAME_STREAM, after=7),
    "watch-with_head": Watch(stream=GAME_STREAM, after=7, head=HEAD),
    "check_receipts": CheckReceipts(receipts=(Receipt(stream=GAME_STREAM, version=7, head=HEAD),)),
    "unwatch": Unwatch(stream=GAME_STREAM),
    "ask_record": AskRecord(),
    "ask_devices": AskDevices(),
    "ask_device_code": AskDeviceCode(),
    "revoke_device": RevokeDevice(device="0a1b2c3d"),
    **{
        name_of("give_order", command.kind): GiveOrder(id=ID, stream=stream, command=command)
        for stream, command in COMMANDS
    },
}

SERVER_MESSAGES: Final[dict[str, ServerMessage]] = {
    "welcome.2": Welcome(protocol=2, server="0.1.0", player=ANN, now=AT),
    "accepted": Accepted(id=ID, stream=GAME_STREAM, version=7, head=HEAD),
    "duplicate": Duplicate(id=ID, stream=GAME_STREAM, version=7, head=HEAD),
    "refused": Refused(id=ID, code="line_taken", sentence="b3h is drawn", version=7),
    "refused-greeting": Refused(id=None, code="name_taken", sentence="Ann is taken"),
    "record_is": RecordIs(played=6, won=3, drawn=1, lost=2, boxes=40),
    "devices_are": DevicesAre(
        devices=(
            DeviceRow(id="0a1b2c3d", name="anns-laptop", since=AT, seen=LATER, is_this=True),
            DeviceRow(id="4e5f6071", name="", since=None, seen=None, is_this=False),
        )
    ),
    "device_code_is": DeviceCodeIs(code="k3v9m2x7", until=LATER),
    "lobby_is.2": LobbyIs(stream=MAIN_LOBBY, version=7, lobby=Lobby({GAME: TABLE})),
    "frozen_is": FrozenIs(reason="backup, back at eight", since=AT),
    "frozen_is-no_more": FrozenIs(reason=None, since=AT),
    "forgotten_are": ForgottenAre(players=(ANN.id, BOB.id)),
    "happened": Happened(stream=GAME_STREAM, version=7, events=()),
    "happened-with_head": Happened(stream=GAME_STREAM, version=7, events=(), head=HEAD),
    "history_differs": HistoryDiffers(
        receipt=Receipt(stream=GAME_STREAM, version=7, head=HEAD),
        version=5,
        sentence="less than before",
    ),
    **{
        name_of("happened", event.kind): Happened(stream=stream, version=7, events=_told(event))
        for stream, event in EVENTS
    },
}
