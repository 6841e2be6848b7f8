"""Everybody who has signed up, at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rpds import HashTrieMap, HashTrieSet

from clouds_edges.domain.actors import Player
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.players.names import skeleton

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Players:
    """Everybody by id, the ids by the skeleton of the name, who was forgotten, and the admins.

    The maps share what they have in common, so that one player more does not copy the others.
    """

    by_id: HashTrieMap[PlayerId, Player] = field(default_factory=HashTrieMap)
    ids_by_name: HashTrieMap[str, PlayerId] = field(default_factory=HashTrieMap)
    forgotten: HashTrieSet[PlayerId] = field(default_factory=HashTrieSet)
    admins: HashTrieSet[PlayerId] = field(default_factory=HashTrieSet)

    @classmethod
    def of(
        cls,
        everybody: Iterable[Player],
        forgotten: Iterable[PlayerId],
        admins: Iterable[PlayerId],
    ) -> Players:
        """The state in which these have signed up; some were forgotten, some are admins."""
        by_id = {player.id: player for player in everybody}
        gone = HashTrieSet(forgotten)
        names = {skeleton(one.name): me for me, one in by_id.items() if me not in gone}
        return cls(HashTrieMap(by_id), HashTrieMap(names), gone, HashTrieSet(admins))
