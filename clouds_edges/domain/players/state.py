"""Everybody who has signed up, at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rpds import HashTrieMap

from clouds_edges.domain.actors import Player
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.players.names import skeleton

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Players:
    """Everybody by id, and the ids by the skeleton of the name.

    The maps share what they have in common, so that one player more does not copy the others.
    """

    by_id: HashTrieMap[PlayerId, Player] = field(default_factory=HashTrieMap)
    ids_by_name: HashTrieMap[str, PlayerId] = field(default_factory=HashTrieMap)

    @classmethod
    def of(cls, everybody: Iterable[Player]) -> Players:
        """The state in which these have signed up."""
        by_id = {player.id: player for player in everybody}
        names = {skeleton(player.name): me for me, player in by_id.items()}
        return cls(HashTrieMap(by_id), HashTrieMap(names))
