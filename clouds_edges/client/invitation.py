"""What to do about the game that somebody was invited to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.domain.ids import INVITE_WIDTH, GameId, InviteCode
from clouds_edges.domain.lobby.commands import AcceptInvite, JoinGame

if TYPE_CHECKING:
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.domain.lobby.state import Lobby, Table


def invited(game: str, lobby: Lobby, player: PlayerId) -> Table | JoinGame | AcceptInvite | None:
    """The table to look at, or the order to give; None if there is no such game any more.

    A game is named by its id or by its invite code.
    """
    table = lobby.tables.get(GameId(game)) or _own_table(game, lobby, player)
    if table is None:
        return AcceptInvite(InviteCode(game)) if len(game) == INVITE_WIDTH else None
    if table.seats_player(player):
        return table
    if not table.is_playing:
        return JoinGame(table.game)
    return None if table.private else table


def _own_table(code: str, lobby: Lobby, player: PlayerId) -> Table | None:
    """Who comes back by the invite that led into a game is led there again."""
    return next((table for table in lobby.tables_of(player) if table.invite == code), None)
