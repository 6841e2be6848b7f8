"""A player is to be forgotten: their key goes, and with it every name that was kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.players.events import PlayerForgotten
from clouds_edges.eventsourcing.process import Process, Reaction

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
    from clouds_edges.domain.actors import Actor
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.eventsourcing.recorded import Recorded

NAME: Final = "forget-player"


def forget_player(
    erase: Callable[[PlayerId], Awaitable[None]],
) -> Process[AnyEvent, AnyCommand, Actor]:
    """The process that has names erased; `erase` may be called again for the same player."""

    async def react(recorded: Recorded[AnyEvent]) -> Sequence[Reaction[AnyCommand, Actor]]:
        if isinstance(recorded.event, PlayerForgotten):
            await erase(recorded.event.player)
        return []

    return Process(NAME, (PlayerForgotten,), react)
