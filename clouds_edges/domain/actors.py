"""Who can act: a guest, a player, a bot in a seat, a process of the server, an admin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias

from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.ids import PlayerId
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
    """Who runs the server."""

    id: str


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
