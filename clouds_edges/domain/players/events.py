"""What can happen to the list of players."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clouds_edges.domain.actors import Player
from clouds_edges.domain.ids import PlayerId


@dataclass(frozen=True, slots=True)
class PlayerSignedUp:
    """A guest became a player."""

    player: Player
    kind: Literal["player_signed_up"] = "player_signed_up"


@dataclass(frozen=True, slots=True)
class PlayerRenamed:
    """A player goes by another name from now on."""

    player: PlayerId
    name: str
    kind: Literal["player_renamed"] = "player_renamed"


Event: TypeAlias = PlayerSignedUp | PlayerRenamed
