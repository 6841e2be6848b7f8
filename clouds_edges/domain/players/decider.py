"""Names belong to one player each, and only their owner changes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import Actor, Player
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.players.commands import Command, Rename, SignUp
from clouds_edges.domain.players.events import Event, PlayerRenamed, PlayerSignedUp
from clouds_edges.domain.players.looks import avatar, colour
from clouds_edges.domain.players.names import check_name, skeleton
from clouds_edges.domain.players.state import Players
from clouds_edges.domain.refusals import NotSignedUp
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


def decide(issued: Issued[Command, Actor], players: Players) -> Sequence[Event]:
    """Sign up once under a free name; rename only oneself."""
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
            if me not in players.by_id:
                message = "sign up before you change your name"
                raise NotSignedUp(message)
            _check_free(name, me, players)
            return [PlayerRenamed(me, name)]


def evolve(players: Players, event: Event) -> Players:
    """Keep both ways of finding a player in step."""
    match event:
        case PlayerSignedUp(player):
            return Players(
                players.by_id.insert(player.id, player),
                players.ids_by_name.insert(skeleton(player.name), player.id),
            )
        case PlayerRenamed(me, name):
            player = players.by_id[me]
            names = players.ids_by_name.discard(skeleton(player.name))
            return Players(
                players.by_id.insert(me, replace(player, name=name)),
                names.insert(skeleton(name), me),
            )


def _check_free(name: str, me: PlayerId, players: Players) -> None:
    check_name(name)
    if players.ids_by_name.get(skeleton(name), me) != me:
        message = f"the name {name} is taken, choose another"
        raise NameTaken(message)


PLAYERS_DECIDER: Final[Decider[Command, Actor, Event, Players]] = Decider(
    initial=Players(), decide=decide, evolve=evolve
)
