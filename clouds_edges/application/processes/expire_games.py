"""Nobody joins an open game: it expires."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from clouds_edges.domain.actors import EXPIRE_GAMES
from clouds_edges.domain.ids import GameId
from clouds_edges.domain.lobby.commands import ExpireGame
from clouds_edges.domain.lobby.events import GameCancelled, GameExpired, GameOpened, SeatsFilled
from clouds_edges.eventsourcing.process import Process, Reaction, Step
from clouds_edges.eventsourcing.timers import CancelTimer, SetTimer, Timer

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
    from clouds_edges.domain.actors import Actor
    from clouds_edges.eventsourcing.recorded import Recorded


def expire_games(after: timedelta) -> Process[AnyEvent, AnyCommand, Actor]:
    """The process that takes away games that have been open for so long."""

    async def react(recorded: Recorded[AnyEvent]) -> Sequence[Step[AnyCommand, Actor]]:
        match recorded.event:
            case GameOpened(game, seats=seats, taken=taken) if len(taken) < seats:
                return [SetTimer(game, recorded.at + after)]
            case SeatsFilled(game) | GameCancelled(game) | GameExpired(game):
                return [CancelTimer(game)]
            case _:
                return []

    events = (GameOpened, SeatsFilled, GameCancelled, GameExpired)
    return Process(EXPIRE_GAMES.id, events, react, _on_due)


async def _on_due(timer: Timer) -> Sequence[Reaction[AnyCommand, Actor]]:
    return [Reaction(timer.stream, ExpireGame(GameId(timer.name)), EXPIRE_GAMES)]
