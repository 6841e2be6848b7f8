"""What of a lobby a player may see: invite codes are for those who may watch the game."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clouds_edges.domain.lobby.events import Event, GameOpened
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.permissions import may_watch

if TYPE_CHECKING:
    from clouds_edges.domain.ids import PlayerId


def lobby_as_seen_by(player: PlayerId, lobby: Lobby) -> Lobby:
    """The lobby without the invite codes of other people's games."""
    return Lobby(
        {
            game: table if may_watch(player, table) else replace(table, invite=None)
            for game, table in lobby.tables.items()
        }
    )


def event_as_seen_by(player: PlayerId, event: Event) -> Event:
    """The event without an invite code that is not this player's."""
    if isinstance(event, GameOpened) and not may_watch(player, event):
        return replace(event, invite=None)
    return event
