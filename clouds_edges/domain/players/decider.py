"""Names belong to one player each, and can be forgotten; players can have the role of admin.

Who may do what is asked before: see `permissions`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rpds import HashTrieMap

from clouds_edges.domain.actors import Actor, Player
from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.players.commands import (
    Command,
    ForgetPlayer,
    GrantAdmin,
    Rename,
    SignUp,
    WithdrawAdmin,
)
from clouds_edges.domain.players.events import (
    AdminGranted,
    AdminWithdrawn,
    Event,
    PlayerForgotten,
    PlayerRenamed,
    PlayerSignedUp,
)
from clouds_edges.domain.players.looks import avatar, colour
from clouds_edges.domain.players.names import check_name, skeleton
from clouds_edges.domain.players.state import Players
from clouds_edges.domain.refusals import Forgotten
from clouds_edges.eventsourcing.decider import Decider, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.eventsourcing.decider import Issued


class NameTaken(Refused):
    """Somebody else goes by this name, or by one that looks the same."""

    code = "name_taken"


class AlreadySignedUp(Refused):
    """Whoever asks has a name already."""

    code = "already_signed_up"


class UnknownPlayer(Refused):
    """Nobody has signed up with this id."""

    code = "unknown_player"


def decide(issued: Issued[Command, Actor], players: Players) -> Sequence[Event]:
    """Sign up once under a free name, rename oneself; forget a player, or change the role."""
    me = PlayerId(issued.by.id)
    match issued.command:
        case SignUp(name):
            if me in players.by_id:
                message = f"you are signed up already, as {players.by_id[me].name}"
                raise AlreadySignedUp(message)
            _check_free(name, me, players)
            player = Player(me, name, avatar(issued.seed), colour(issued.seed))
            return [PlayerSignedUp(player)]
        case Rename(name):
            _check_free(name, me, players)
            return [PlayerRenamed(me, name)]
        case ForgetPlayer(player_id):
            _check_known(player_id, players)
            return [] if player_id in players.forgotten else [PlayerForgotten(player_id)]
        case GrantAdmin(player_id):
            return _grant(player_id, players)
        case WithdrawAdmin(player_id):
            _check_known(player_id, players)
            return [AdminWithdrawn(player_id)] if player_id in players.admins else []


def evolve(players: Players, event: Event) -> Players:
    """Keep both ways of finding a player in step."""
    match event:
        case PlayerSignedUp(player):
            return replace(
                players,
                by_id=players.by_id.insert(player.id, player),
                ids_by_name=players.ids_by_name.insert(skeleton(player.name), player.id),
            )
        case PlayerRenamed(me, name):
            names = players.ids_by_name.discard(skeleton(players.by_id[me].name))
            return replace(
                players,
                by_id=_called(me, name, players),
                ids_by_name=names.insert(skeleton(name), me),
            )
        case PlayerForgotten(me):
            return Players(
                _called(me, forgotten_name(me), players),
                players.ids_by_name.discard(skeleton(players.by_id[me].name)),
                players.forgotten.insert(me),
                players.admins.discard(me),
            )
        case AdminGranted(me):
            return replace(players, admins=players.admins.insert(me))
        case AdminWithdrawn(me):
            return replace(players, admins=players.admins.discard(me))


def _check_known(player: PlayerId, players: Players) -> None:
    if player not in players.by_id:
        message = f"there is no player {player}"
        raise UnknownPlayer(message)


def _grant(player: PlayerId, players: Players) -> list[Event]:
    _check_known(player, players)
    if player in players.forgotten:
        message = f"player {player} was forgotten, and does nothing any more"
        raise Forgotten(message)
    return [] if player in players.admins else [AdminGranted(player)]


def _called(me: PlayerId, name: str, players: Players) -> HashTrieMap[PlayerId, Player]:
    return players.by_id.insert(me, replace(players.by_id[me], name=name))


def _check_free(name: str, me: PlayerId, players: Players) -> None:
    check_name(name)
    if players.ids_by_name.get(skeleton(name), me) != me:
        message = f"the name {name} is taken, choose another"
        raise NameTaken(message)


PLAYERS_DECIDER: Final[Decider[Command, Actor, Event, Players]] = Decider(
    initial=Players(), decide=decide, evolve=evolve
)
