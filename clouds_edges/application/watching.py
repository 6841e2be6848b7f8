"""Whether a player may watch a stream, as far as the stream can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.domain.ids import MAIN_LOBBY, category_of, game_in
from clouds_edges.domain.permissions import may_watch

if TYPE_CHECKING:
    from clouds_edges.application.system import System
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.eventsourcing.decider import StreamName


async def may_watch_stream(system: System, player: PlayerId, stream: StreamName) -> bool:
    """Whether a stream is no game that is kept from this player; there may be no such game.

    Raises:
        EventSourcingError: The log cannot be read.
    """
    if category_of(stream) != "game":
        return True
    game = (await system.games.load_sound(stream)).state
    if game is not None:
        return may_watch(player, game)
    table = (await system.lobbies.load_sound(MAIN_LOBBY)).state.tables.get(game_in(stream))
    return table is None or may_watch(player, table)
