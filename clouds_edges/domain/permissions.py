"""Who may give which command to which stream, and who may see which game; nobody else may.

A permission says who may ever give a command to a stream as it is: who has a seat in the game,
who opened it, who is an admin. A rule says what is possible now: whose turn it is, whether a seat
is free, whether the game is over; rules are in the deciders, which ask nobody who they are. That
is why it is a rule that who opened a game cancels it instead of leaving, and that an invite code
has to be the right one: the code is the permission. Where there is no game, nobody has a seat.

`permitted` asks `allow` in front of a decider: so with the state that is decided on, and for
everybody. The expectation, every cell of it, is in tests/domain/permission_matrix.txt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar, get_args

from clouds_edges.domain.actors import (
    CALL_TIME,
    CLOSE_GAME,
    DOWNTIME,
    END_GRACE,
    EXPIRE_GAMES,
    OPERATOR,
    PRESENCE,
    START_GAME,
    Actor,
    Admin,
    Guest,
    Player,
    Process,
    Seat,
    signed_up,
)
from clouds_edges.domain.game import commands as in_game
from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.game.leaving import begun
from clouds_edges.domain.game.refusals import NotSeated
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.lobby import commands as in_lobby
from clouds_edges.domain.lobby.decider import table_of
from clouds_edges.domain.lobby.events import GameOpened
from clouds_edges.domain.lobby.refusals import InviteNeeded, NotInGame, NotTheOpener
from clouds_edges.domain.lobby.state import Lobby, Table
from clouds_edges.domain.operations import commands as on_server
from clouds_edges.domain.operations.decider import Operations
from clouds_edges.domain.players import commands as among_players
from clouds_edges.domain.players.state import Players
from clouds_edges.domain.refusals import Forgotten, NotAdmin, NotAllowed, NotSignedUp
from clouds_edges.eventsourcing.decider import Decider, Issued

C = TypeVar("C")
E = TypeVar("E")
S = TypeVar("S")


def permitted(decider: Decider[C, Actor, E, S]) -> Decider[C, Actor, E, S]:
    """The decider, behind the question who may: it decides only on what `allow` lets through."""

    def decide(issued: Issued[C, Actor], state: S) -> Sequence[E]:
        allow(issued.by, issued.command, state)
        return decider.decide(issued, state)

    return replace(decider, decide=decide)


def allow(principal: Actor, command: object, state: object) -> None:
    """Let a command pass if who gives it may give it to a stream in this state.

    Raises:
        Refused: They may not, with the reason.
    """
    check = _CHECKS.get(type(command))
    if check is None:
        raise _not_allowed(principal, command)
    check(principal, command, state)


def may_watch(player: PlayerId, game: Game | Table | GameOpened | GameStarted) -> bool:
    """Whether a player may know what happens in a game, and how to get into it.

    What is not private is for everybody. Admins see the whole log, not as players.
    """
    match game:
        case Game(private=private, seats=taken) | GameStarted(private=private, seats=taken):
            return not private or _has_seat(player, taken)
        case Table(private=private, taken=taken) | GameOpened(private=private, taken=taken):
            return not private or _has_seat(player, taken)


def check_admin(admin: Admin, players: Players) -> None:
    """Let nobody look after the server who has not, or not any more, the role.

    Raises:
        NotAdmin: They are a player without it.
    """
    if admin == OPERATOR or admin.id in players.admins:
        return
    player = players.by_id.get(PlayerId(admin.id))
    message = (
        f"{admin.id if player is None else player.name} is no admin of this server: "
        "an admin can give the role with clouds-edges admin grant"
    )
    raise NotAdmin(message)


def check_not_forgotten(me: PlayerId, players: Players) -> None:
    """Let nobody act who was forgotten.

    Raises:
        Forgotten: They were.
    """
    if me in players.forgotten:
        message = "this player was forgotten: come back under another name, as somebody new"
        raise Forgotten(message)


def _in_game(principal: Actor, command: in_game.Command, game: Game | None) -> None:
    match command:
        case in_game.DrawLine():
            if isinstance(principal, Process):
                _check_bot(principal, command, game)
            else:
                _check_seat(principal, game)
        case in_game.OfferDraw() | in_game.AcceptDraw() | in_game.DeclineDraw():
            _check_seat(principal, game)
        case in_game.Resign() | in_game.ClaimGame():
            _check_seat(principal, game)
        case in_game.StartGame():
            _check_is(START_GAME, principal, command)
        case in_game.CallTime():
            _check_is(CALL_TIME, principal, command)
        case in_game.StandClock():
            _check_is(DOWNTIME, principal, command)
        case in_game.NoteAbsence() | in_game.NoteReturn():
            _check_is(PRESENCE, principal, command)
        case in_game.EndGrace():
            _check_is(END_GRACE, principal, command)


def _in_lobby(principal: Actor, command: in_lobby.Command, lobby: Lobby) -> None:
    match command:
        case in_lobby.OpenGame() | in_lobby.AcceptInvite():
            signed_up(principal)
        case in_lobby.JoinGame(game):
            signed_up(principal)
            if table_of(game, lobby).private:
                message = f"game {game} is private: join it with its invite code"
                raise InviteNeeded(message)
        case in_lobby.LeaveGame(game):
            me = signed_up(principal)
            if not _has_seat(me.id, table_of(game, lobby).taken):
                message = f"you have no seat in game {game}"
                raise NotInGame(message)
        case in_lobby.CancelGame(game):
            me = signed_up(principal)
            opener = table_of(game, lobby).opener
            if opener.id != me.id:
                message = f"{opener.name} opened game {game}, only they can cancel it"
                raise NotTheOpener(message)
        case in_lobby.CloseGame():
            _check_is(CLOSE_GAME, principal, command)
        case in_lobby.ExpireGame():
            _check_is(EXPIRE_GAMES, principal, command)


def _among_players(principal: Actor, command: among_players.Command, players: Players) -> None:
    match command:
        case among_players.SignUp():
            _check_person(principal, command, players)
        case among_players.Rename():
            _check_person(principal, command, players)
            if not isinstance(principal, Player) or principal.id not in players.by_id:
                message = "sign up before you change your name"
                raise NotSignedUp(message)
        case among_players.ForgetPlayer():
            check_admin(_admin(principal), players)
        case among_players.GrantAdmin() | among_players.WithdrawAdmin():
            check_admin(_admin(principal), players)


def _on_server(principal: Actor, command: on_server.Command, _: Operations) -> None:
    """Whether a player has the role is not known here: nobody is an `Admin` without it."""
    match command:
        case on_server.Freeze() | on_server.Unfreeze():
            _admin(principal)


def _check_seat(principal: Actor, game: Game | None) -> None:
    """Let people speak for seats of their own."""
    me = signed_up(principal)
    if not _has_seat(me.id, begun(game).seats):
        message = "you watch this game, you have no seat in it"
        raise NotSeated(message)


def _check_bot(process: Process, command: in_game.DrawLine, game: Game | None) -> None:
    """Let bots draw, each under the id of its seat."""
    for seat in () if game is None else game.seats:
        if seat.player.id == process.id and seat.bot is not None:
            return
    raise _not_allowed(process, command)


def _check_is(process: Process, principal: Actor, command: object) -> None:
    """Let the one part of the server pass that the command is there for."""
    if principal != process:
        raise _not_allowed(principal, command)


def _check_person(principal: Actor, command: object, players: Players) -> None:
    if not isinstance(principal, Player | Guest):
        raise _not_allowed(principal, command)
    check_not_forgotten(principal.id, players)


def _admin(principal: Actor) -> Admin:
    if isinstance(principal, Admin):
        return principal
    message = "only an admin may do this"
    raise NotAdmin(message)


def _has_seat(player: PlayerId, taken: Iterable[Seat]) -> bool:
    for seat in taken:  # noqa: SIM110 - every line drawn comes by here, and `any` takes twice as long
        if seat.player.id == player and seat.bot is None:
            return True
    return False


def _not_allowed(principal: Actor, command: object) -> NotAllowed:
    kind = getattr(command, "kind", type(command).__name__)
    return NotAllowed(f"{principal.id} may not give the command {kind}")


_CHECKS: Final[Mapping[type, Callable[[Actor, Any, Any], None]]] = {
    **dict.fromkeys(get_args(in_game.Command), _in_game),
    **dict.fromkeys(get_args(in_lobby.Command), _in_lobby),
    **dict.fromkeys(get_args(among_players.Command), _among_players),
    **dict.fromkeys(get_args(on_server.Command), _on_server),
}
"""Who answers for a command; each takes the commands and the state of its own kind of stream."""
