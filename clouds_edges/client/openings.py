"""Which game to open: what people type and choose, made into an order to the lobby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.domain.lobby.commands import OpenGame

if TYPE_CHECKING:
    from clouds_edges.domain.game.state import Game
    from clouds_edges.domain.ids import PlayerId


def again(game: Game, player: PlayerId) -> OpenGame | None:
    """The same game once more, when nobody else needs to be asked; else None."""
    others = game.seats[1:]
    if game.seats[0].player.id != player:
        return None
    if any(seat.bot is None and seat.player.id != player for seat in others):
        return None
    return OpenGame(
        board=game.position.board,
        seats=len(game.seats),
        private=game.private,
        clock=game.clock,
        bots=tuple(seat.bot for seat in others if seat.bot is not None),
        neighbours=tuple(seat.player.name for seat in others if seat.bot is None),
    )
