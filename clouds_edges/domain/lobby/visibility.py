"""What of a lobby a player may see: invite codes are for those who sit at the table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clouds_edges.domain.lobby.events import Event, GameOpened
from clouds_edges.domain.lobby.state import Lobby

if TYPE_CHECKING:
    from clouds_edges.domain.ids import PlayerId


def lobby_as_seen_by(player: PlayerId, lobby: Lobby) -> Lobby:
    """The lobby without the invite codes of other people's games."""
    return Lobby(
        {
            game: table if table.seats_player(player) else replace(table, invite=None)
            for game, table in lobby.tables.items()
        }
    )


def event_as_seen_by(player: PlayerId, event: Event) -> Event:
    """The event without an invite code that is not this player's."""
    if isinstance(event, GameOpened) and event.taken[0].player.id != player:
        return replace(event, invite=None)
    return event
