"""The matrix of permissions as it is written down, and as the program has it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

from clouds_edges.domain import actors
from clouds_edges.domain.actors import (
    OPERATOR,
    Actor,
    Admin,
    BotLevel,
    Player,
    Process,
    Seat,
    bot_seat,
)
from clouds_edges.domain.game import commands as in_game
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import GameEnded, GameStarted
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import GameId, InviteCode
from clouds_edges.domain.lobby import commands as in_lobby
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.lobby.events import GameOpened, SeatsFilled
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.operations import commands as on_server
from clouds_edges.domain.operations.decider import OPERATIONS_DECIDER, Operations
from clouds_edges.domain.players import commands as among_players
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.domain.players.events import AdminGranted, PlayerForgotten, PlayerSignedUp
from clouds_edges.domain.players.events import Event as PlayerEvent
from clouds_edges.domain.players.state import Players
from clouds_edges.domain.refusals import NotAllowed
from clouds_edges.eventsourcing.decider import Decider, Refused
from clouds_edges.rules import Board, Ending, Outcome, parse_line
from tests.domain.people import ANN, BOB, CYD, GUEST
from tests.scenario import NOON

FILE: Final = Path(__file__).with_suffix(".txt")
MAY: Final = "may"
DEFAULT: Final = "-"

Cell: TypeAlias = tuple[str, str, str]
"""A command, a role, and the name of a state."""
Cells: TypeAlias = Mapping[Cell, str]

GAME: Final = GameId("the-game")
BOARD: Final = Board(1, 2)
_BOT: Final = bot_seat(BotLevel.GREEDY)
_TAKEN: Final = (Seat(ANN), Seat(BOB), _BOT)
_PROCESSES: Final = (
    actors.START_GAME,
    actors.CLOSE_GAME,
    actors.EXPIRE_GAMES,
    actors.CALL_TIME,
    actors.END_GRACE,
    actors.PRESENCE,
    actors.DOWNTIME,
)

ROLES: Final[Mapping[str, Actor]] = {
    "guest": GUEST,
    "player-a": ANN,
    "player-b": BOB,
    "spectator": CYD,
    "false-bot": replace(CYD, id=_BOT.player.id),
    "bot": Process(_BOT.player.id),
    "other-bot": Process(bot_seat(BotLevel.CHAINS).player.id),
    "false-player": Process(ANN.id),
    **{process.id: process for process in _PROCESSES},
    "other-process": Process("another"),
    "operator": OPERATOR,
    "admin-a": Admin(ANN.id),
    "admin-b": Admin(BOB.id),
}


@dataclass(frozen=True)
class Part:
    """The commands that streams of one kind take, and the states in which they may be."""

    decider: Decider[Any, Any, Any, Any]
    union: Any
    commands: tuple[Any, ...]
    states: Mapping[str, object]


def _game(*, private: bool) -> Game:
    game = GAME_DECIDER.fold([GameStarted(BOARD, private, _TAKEN, first=0)])
    assert game is not None
    return game


def _finished(game: Game) -> Game:
    ended = GAME_DECIDER.evolve(game, GameEnded(Outcome(Ending.RESIGNED, (0, 0, 0), (0,))))
    assert ended is not None
    return ended


def _lobby(*, private: bool, is_playing: bool) -> Lobby:
    invite = InviteCode("k3v9xz") if private else None
    opened = GameOpened(GAME, BOARD, 4, private, invite, _TAKEN)
    filled = SeatsFilled(GAME, BOARD, private, _TAKEN, first=0)
    return LOBBY_DECIDER.fold([opened, filled] if is_playing else [opened])


_SIGNED_UP: Final[tuple[PlayerEvent, ...]] = (
    *map(PlayerSignedUp, (ANN, BOB, CYD)),
    AdminGranted(ANN.id),
)
_GAMES: Final[Mapping[str, Game]] = {
    "live": _game(private=False),
    "live-private": _game(private=True),
    "finished": _finished(_game(private=False)),
    "fin.-private": _finished(_game(private=True)),
}
_LOBBIES: Final = {
    "open": _lobby(private=False, is_playing=False),
    "open-private": _lobby(private=True, is_playing=False),
    "live": _lobby(private=False, is_playing=True),
    "live-private": _lobby(private=True, is_playing=True),
}

PARTS: Final[Mapping[str, Part]] = {
    "game": Part(
        GAME_DECIDER,
        in_game.Command,
        (
            in_game.StartGame(BOARD, private=False, seats=_TAKEN, first=0),
            in_game.DrawLine(parse_line("a1h")),
            in_game.Resign(),
            in_game.OfferDraw(),
            in_game.AcceptDraw(1),
            in_game.DeclineDraw(1),
            in_game.ClaimGame(),
            in_game.CallTime(),
            in_game.StandClock(NOON, NOON),
            in_game.NoteAbsence(ANN.id, timedelta(seconds=60)),
            in_game.NoteReturn(ANN.id),
            in_game.EndGrace(0),
        ),
        {"none": None, **_GAMES},
    ),
    "lobby": Part(
        LOBBY_DECIDER,
        in_lobby.Command,
        (
            in_lobby.OpenGame(BOARD),
            in_lobby.JoinGame(GAME),
            in_lobby.AcceptInvite(InviteCode("k3v9xz")),
            in_lobby.LeaveGame(GAME),
            in_lobby.CancelGame(GAME),
            in_lobby.CloseGame(GAME),
            in_lobby.ExpireGame(GAME),
        ),
        {"gone": Lobby(), **_LOBBIES},
    ),
    "players": Part(
        PLAYERS_DECIDER,
        among_players.Command,
        (
            among_players.SignUp("Eve"),
            among_players.Rename("Eve"),
            among_players.ForgetPlayer(BOB.id),
            among_players.GrantAdmin(BOB.id),
            among_players.WithdrawAdmin(ANN.id),
        ),
        {
            "empty": Players(),
            "signed-up": PLAYERS_DECIDER.fold(_SIGNED_UP),
            "a-forgotten": PLAYERS_DECIDER.fold([*_SIGNED_UP, PlayerForgotten(ANN.id)]),
        },
    ),
    "operations": Part(
        OPERATIONS_DECIDER,
        on_server.Command,
        (on_server.Freeze("backup"), on_server.Unfreeze()),
        {"open": Operations(), "frozen": Operations("backup")},
    ),
}

WATCHED: Final[Mapping[str, Any]] = {
    "open": _LOBBIES["open"].tables[GAME],
    "open-private": _LOBBIES["open-private"].tables[GAME],
    **_GAMES,
}
"""What a player may watch or not, by its state."""
WATCHERS: Final[Mapping[str, Player]] = {
    role: player for role, player in ROLES.items() if isinstance(player, Player)
}


def written() -> Cells:
    """Every cell of the file.

    Raises:
        ValueError: A row is there twice, or has too few cells or too many.
    """
    cells: dict[Cell, str] = {}
    states: list[str] = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        command, role, *row = line.split()
        if role == "role":
            states = row
            continue
        news = {(command, role, state): cell for state, cell in zip(states, row, strict=True)}
        if news.keys() & cells.keys():
            message = f"{command} by {role} is there twice"
            raise ValueError(message)
        cells |= news
    return cells


def found(allow: Callable[[Actor, object, object], None], *parts: Part) -> Cells:
    """The cell of every command of everybody in every state, as this lets it pass or not."""
    return {
        (command.kind, role, state): _asked(allow, principal, command, part.states[state])
        for part in parts
        for command in part.commands
        for role, principal in ROLES.items()
        for state in part.states
    }


def found_watching(may_watch: Callable[[Any, Any], bool]) -> Cells:
    """The cell of every player who would watch a game in every state."""
    return {
        ("watch", role, state): MAY if may_watch(player.id, game) else "no"
        for role, player in WATCHERS.items()
        for state, game in WATCHED.items()
    }


def differences(expected: Cells, actual: Cells) -> list[str]:
    """Every cell that is not as expected, or is on one side only, as a sentence."""
    return [
        f"{' '.join(cell)}: {expected.get(cell, 'nothing')} is written, "
        f"{actual.get(cell, 'nothing')} is so"
        for cell in sorted({*expected, *actual})
        if expected.get(cell) != actual.get(cell)
    ]


def command_classes() -> set[type]:
    """Every class of commands there is."""
    return {one for part in PARTS.values() for one in get_args(part.union)}


def _asked(
    allow: Callable[[Actor, object, object], None], principal: Actor, command: object, state: object
) -> str:
    try:
        allow(principal, command, state)
    except Refused as refused:
        return DEFAULT if refused.code == NotAllowed.code else refused.code
    return MAY
