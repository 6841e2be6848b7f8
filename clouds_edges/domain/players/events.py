"""What can happen to the list of players."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from clouds_edges.domain.actors import Player
from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.personal import Personal


@dataclass(frozen=True, slots=True)
class PlayerSignedUp:
    """A guest became a player."""

    player: Player
    kind: Literal["player_signed_up"] = "player_signed_up"


@dataclass(frozen=True, slots=True)
class PlayerRenamed:
    """A player goes by another name from now on."""

    player: PlayerId
    name: Annotated[str, Personal("player", forgotten_name)]
    kind: Literal["player_renamed"] = "player_renamed"


@dataclass(frozen=True, slots=True)
class PlayerForgotten:
    """Nobody is to know any more what a player was called; they do nothing from now on."""

    player: PlayerId
    kind: Literal["player_forgotten"] = "player_forgotten"


@dataclass(frozen=True, slots=True)
class AdminGranted:
    """A player has the role of admin from now on."""

    player: PlayerId
    kind: Literal["admin_granted"] = "admin_granted"


@dataclass(frozen=True, slots=True)
class AdminWithdrawn:
    """A player does not have the role of admin any more."""

    player: PlayerId
    kind: Literal["admin_withdrawn"] = "admin_withdrawn"


Event: TypeAlias = PlayerSignedUp | PlayerRenamed | PlayerForgotten | AdminGranted | AdminWithdrawn
