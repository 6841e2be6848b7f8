"""The time of who is to draw is out: they lose."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import CALL_TIME
from clouds_edges.domain.game.commands import CallTime
from clouds_edges.domain.game.events import ClockPressed, ClockStarted, ClockStood, GameEnded
from clouds_edges.eventsourcing.process import Process, Reaction, Step
from clouds_edges.eventsourcing.timers import CancelTimer, SetTimer, Timer

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
    from clouds_edges.domain.actors import Actor
    from clouds_edges.domain.game.state import Game
    from clouds_edges.eventsourcing.command_handler import Loaded
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.eventsourcing.recorded import Recorded

_CLOCK: Final = "clock"


def call_time(
    load: Callable[[StreamName], Awaitable[Loaded[Game | None]]],
) -> Process[AnyEvent, AnyCommand, Actor]:
    """The process that watches the clocks; `load` gives the state of a game.

    Every game with a clock has one timer, for the seat to draw.
    """

    async def react(recorded: Recorded[AnyEvent]) -> Sequence[Step[AnyCommand, Actor]]:
        if isinstance(recorded.event, GameEnded):
            return [CancelTimer(_CLOCK)]
        game = (await load(recorded.stream)).state
        if game is None or game.runs_out is None:
            return [CancelTimer(_CLOCK)]
        return [SetTimer(_CLOCK, game.runs_out)]

    return Process(
        CALL_TIME.id, (ClockStarted, ClockPressed, ClockStood, GameEnded), react, _on_due
    )


async def _on_due(timer: Timer) -> Sequence[Reaction[AnyCommand, Actor]]:
    return [Reaction(timer.stream, CallTime(), CALL_TIME)]
