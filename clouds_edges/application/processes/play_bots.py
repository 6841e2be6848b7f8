"""A bot is to draw: it thinks, and draws."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, get_args

from clouds_edges.bots import STRATEGIES
from clouds_edges.domain.actors import Process as ProcessActor
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.eventsourcing.process import Process, Reaction

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
    from clouds_edges.domain.actors import Actor
    from clouds_edges.domain.game.state import Game
    from clouds_edges.eventsourcing.command_handler import Loaded
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.eventsourcing.recorded import Recorded

NAME: Final = "play-bots"
_MAY_BE_THE_LATEST: Final = tuple(
    kind for kind in get_args(game_events.Event) if kind is not game_events.GameEnded
)


def play_bots(
    load: Callable[[StreamName], Awaitable[Loaded[Game | None]]],
    check_open: Callable[[Actor], Awaitable[None]],
) -> Process[AnyEvent, AnyCommand, Actor]:
    """The process that moves the bots, at the latest event of a game.

    `load` gives the state of a game; `check_open` fails if what a bot thinks of would be in vain.
    """

    async def react(recorded: Recorded[AnyEvent]) -> Sequence[Reaction[AnyCommand, Actor]]:
        loaded = await load(recorded.stream)
        game = loaded.state
        if game is None or game.outcome is not None or loaded.version != recorded.version:
            return []
        seat = game.seats[game.position.seat_to_draw]
        if seat.bot is None:
            return []
        bot = ProcessActor(seat.player.id)
        await check_open(bot)
        chance = random.Random(recorded.position)  # noqa: S311 - a game, and the same again
        line = await asyncio.to_thread(STRATEGIES[seat.bot], game.position, chance)
        return [Reaction(recorded.stream, DrawLine(line), bot)]

    return Process(NAME, _MAY_BE_THE_LATEST, react)
