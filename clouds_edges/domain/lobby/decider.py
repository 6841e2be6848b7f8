"""How games are opened, joined, left and cancelled, and when a game can begin.

Who may do that is asked before: see `permissions`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import Actor, Player, Seat, bot_seat, signed_up
from clouds_edges.domain.game.clock import check_clock
from clouds_edges.domain.ids import GameId, game_id, invite_code
from clouds_edges.domain.lobby.commands import (
    AcceptInvite,
    CancelGame,
    CloseGame,
    Command,
    ExpireGame,
    JoinGame,
    LeaveGame,
    OpenGame,
)
from clouds_edges.domain.lobby.events import (
    Event,
    GameCancelled,
    GameClosed,
    GameExpired,
    GameOpened,
    SeatLeft,
    SeatsFilled,
    SeatTaken,
)
from clouds_edges.domain.lobby.refusals import (
    AlreadyPlaying,
    AlreadySeated,
    OpenerStays,
    SeatsImpossible,
    TooManyGames,
    UnknownGame,
    UnknownInvite,
)
from clouds_edges.domain.lobby.state import Lobby, Table
from clouds_edges.domain.players.looks import avatar, colour
from clouds_edges.domain.players.names import check_name
from clouds_edges.eventsourcing.decider import Decider
from clouds_edges.rules import MAX_SEATS, MIN_SEATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.domain.ids import InviteCode
    from clouds_edges.eventsourcing.decider import Issued

MOST_LIVE_GAMES: Final = 3
_BITS_OF_GAME_ID: Final = 60
"""An invite is drawn from the bits that the public id of its game does not show."""


def decide(issued: Issued[Command, Actor], lobby: Lobby) -> Sequence[Event]:
    """Check the rules of the lobby; the last seat taken lets the game begin."""
    match issued.command:
        case OpenGame() as command:
            player = signed_up(issued.by)
            _check_may_sit(player, lobby)
            return _open(command, player, issued.seed)
        case JoinGame(game):
            return _sit_down(_open_table(game, lobby), signed_up(issued.by), lobby)
        case AcceptInvite(invite):
            return _sit_down(_invited_table(invite, lobby), signed_up(issued.by), lobby)
        case LeaveGame(game):
            return _leave(_open_table(game, lobby), signed_up(issued.by))
        case CancelGame(game):
            return [GameCancelled(_open_table(game, lobby).game)]
        case CloseGame() | ExpireGame() as command:
            return _put_away(command, lobby)


def evolve(lobby: Lobby, event: Event) -> Lobby:
    """Follow the tables; those cancelled or closed are gone."""
    tables = dict(lobby.tables)
    match event:
        case GameOpened(game, board, seats, private, invite, taken, clock):
            tables[game] = Table(game, board, seats, private, invite, taken, clock=clock)
        case SeatTaken(game, seat):
            tables[game] = replace(tables[game], taken=(*tables[game].taken, seat))
        case SeatLeft(game, player):
            staying = tuple(seat for seat in tables[game].taken if seat.player.id != player)
            tables[game] = replace(tables[game], taken=staying)
        case SeatsFilled(game):
            tables[game] = replace(tables[game], is_playing=True)
        case GameCancelled(game) | GameClosed(game) | GameExpired(game):
            del tables[game]
    return Lobby(tables)


def table_of(game: GameId, lobby: Lobby) -> Table:
    """The table of a game that is open or in play.

    Raises:
        UnknownGame: There is no such game.
    """
    table = lobby.tables.get(game)
    if table is None:
        message = f"there is no open game {game}"
        raise UnknownGame(message)
    return table


def _open_table(game: GameId, lobby: Lobby) -> Table:
    table = table_of(game, lobby)
    if table.is_playing:
        message = f"game {game} has begun already"
        raise AlreadyPlaying(message)
    return table


def _invited_table(invite: InviteCode, lobby: Lobby) -> Table:
    for table in lobby.tables.values():
        if table.invite == invite and not table.is_playing:
            return table
    message = f"no open game has the invite code {invite}"
    raise UnknownInvite(message)


def _check_may_sit(player: Player, lobby: Lobby) -> None:
    if len(lobby.tables_of(player.id)) >= MOST_LIVE_GAMES:
        message = (
            f"you are in {MOST_LIVE_GAMES} games already: "
            "finish, resign or cancel one of them first"
        )
        raise TooManyGames(message)


def _open(command: OpenGame, player: Player, seed: int) -> list[Event]:
    taken = (Seat(player), *_neighbours(command, player, seed), *map(bot_seat, command.bots))
    if not MIN_SEATS <= command.seats <= MAX_SEATS or len(taken) > command.seats:
        message = (
            f"a game has {MIN_SEATS} to {MAX_SEATS} seats and no more people and bots than seats; "
            f"asked for {command.seats} seats with {len(taken)} taken"
        )
        raise SeatsImpossible(message)
    if command.clock is not None:
        check_clock(command.clock)
    invite = invite_code(seed >> _BITS_OF_GAME_ID) if command.private else None
    game, board, private, clock = game_id(seed), command.board, command.private, command.clock
    opened = GameOpened(game, board, command.seats, private, invite, taken, clock)
    if len(taken) < command.seats:
        return [opened]
    return [opened, SeatsFilled(game, board, private, taken, first=0, clock=clock)]


def _neighbours(command: OpenGame, player: Player, seed: int) -> tuple[Seat, ...]:
    for name in command.neighbours:
        check_name(name)
    return tuple(
        Seat(Player(player.id, name, avatar(seed + place), colour(seed + place)))
        for place, name in enumerate(command.neighbours, 1)
    )


def _sit_down(table: Table, player: Player, lobby: Lobby) -> list[Event]:
    if table.seats_player(player.id):
        message = f"you have a seat in game {table.game} already"
        raise AlreadySeated(message)
    _check_may_sit(player, lobby)
    seat = Seat(player)
    taken = (*table.taken, seat)
    events: list[Event] = [SeatTaken(table.game, seat)]
    if len(taken) == table.seats:
        first = len(taken) - 1
        filled = SeatsFilled(table.game, table.board, table.private, taken, first, table.clock)
        events.append(filled)
    return events


def _leave(table: Table, player: Player) -> list[Event]:
    if table.opener.id == player.id:
        message = f"you opened game {table.game}: cancel it instead of leaving"
        raise OpenerStays(message)
    return [SeatLeft(table.game, player.id)]


def _put_away(command: CloseGame | ExpireGame, lobby: Lobby) -> list[Event]:
    """Forget a game that has ended, or that nobody has joined; nothing if it is gone already."""
    table = lobby.tables.get(command.game)
    if table is None:
        return []
    if isinstance(command, CloseGame):
        return [GameClosed(table.game)]
    return [] if table.is_playing else [GameExpired(table.game)]


LOBBY_DECIDER: Final[Decider[Command, Actor, Event, Lobby]] = Decider(
    initial=Lobby(), decide=decide, evolve=evolve
)
