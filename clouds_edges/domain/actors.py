"""Who can act: a guest, a player, a bot in a seat, a process of the server, an admin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.refusals import NotAllowed, NotSignedUp
from clouds_edges.eventsourcing.personal import Personal


@dataclass(frozen=True, slots=True)
class Guest:
    """Has shown a token, and has no name yet."""

    id: PlayerId


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody with a name; `avatar` is one emoji, `colour` a hexadecimal RGB triple."""

    id: PlayerId
    name: Annotated[str, Personal("id", forgotten_name)]
    avatar: str
    colour: str


@dataclass(frozen=True, slots=True)
class Process:
    """A part of the server that reacts to events."""

    id: str


@dataclass(frozen=True, slots=True)
class Admin:
    """Who looks after the server: `OPERATOR`, or a player with the role, under the player's id."""

    id: str


OPERATOR: Final = Admin("admin")
"""Whoever runs the server, on its own machine; no player has an id like this."""

START_GAME: Final = Process("start-game")
CLOSE_GAME: Final = Process("close-game")
EXPIRE_GAMES: Final = Process("expire-games")
CALL_TIME: Final = Process("call-time")
END_GRACE: Final = Process("end-grace")
PRESENCE: Final = Process("presence")
DOWNTIME: Final = Process("downtime")


Actor: TypeAlias = Guest | Player | Process | Admin


class BotLevel(StrEnum):
    """How well a bot plays."""

    RANDOM = "random"
    GREEDY = "greedy"
    CHAINS = "chains"


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits in a seat, under the name of that moment; a bot when `bot` says which."""

    player: Player
    bot: BotLevel | None = None


def bot_seat(level: BotLevel) -> Seat:
    """A seat taken by a bot of this level."""
    bot = Player(PlayerId(f"bot-{level}"), f"{level.capitalize()} bot", "🤖", "#9aa0a6")
    return Seat(bot, level)


def signed_up(actor: Actor) -> Player:
    """The player that somebody is, if they are one.

    Raises:
        NotSignedUp: They have no name yet.
        NotAllowed: They do not play at all.
    """
    match actor:
        case Player():
            return actor
        case Guest():
            message = "choose a name before you play"
            raise NotSignedUp(message)
        case Process() | Admin():
            message = f"{actor.id} does not play: only players do this"
            raise NotAllowed(message)
