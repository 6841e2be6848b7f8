"""Placeholders for the names of players who were forgotten, in what the client was told before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.lobby.state import Lobby

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from clouds_edges.domain.actors import Seat
    from clouds_edges.domain.game.state import Game
    from clouds_edges.domain.ids import PlayerId


def lobby_without(lobby: Lobby, forgotten: AbstractSet[PlayerId]) -> Lobby:
    """The lobby with placeholders."""
    if not forgotten:
        return lobby
    return Lobby(
        {
            game: replace(table, taken=_without(table.taken, forgotten))
            for game, table in lobby.tables.items()
        }
    )


def game_without(game: Game, forgotten: AbstractSet[PlayerId]) -> Game:
    """The game with placeholders."""
    return replace(game, seats=_without(game.seats, forgotten))


def _without(seats: tuple[Seat, ...], forgotten: AbstractSet[PlayerId]) -> tuple[Seat, ...]:
    return tuple(
        replace(seat, player=replace(seat.player, name=forgotten_name(seat.player.id)))
        if seat.player.id in forgotten
        else seat
        for seat in seats
    )
