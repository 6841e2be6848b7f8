"""Who vanished did not come back in time: the others may claim the game."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import END_GRACE
from clouds_edges.domain.game.commands import EndGrace
from clouds_edges.domain.game.events import ClockStood, GameEnded, PlayerReturned, PlayerVanished
from clouds_edges.eventsourcing.process import Process, Reaction, Step
from clouds_edges.eventsourcing.timers import CancelTimer, SetTimer, Timer

if TYPE_CHECKING:
    from datetime import datetime

    from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
    from clouds_edges.domain.actors import Actor
    from clouds_edges.domain.game.state import Game
    from clouds_edges.eventsourcing.command_handler import Loaded
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.eventsourcing.recorded import Recorded

_GRACE: Final = "grace-"


def end_grace(
    load: Callable[[StreamName], Awaitable[Loaded[Game | None]]],
) -> Process[AnyEvent, AnyCommand, Actor]:
    """The process that counts down for those who vanished; `load` gives the state of a game."""

    async def react(recorded: Recorded[AnyEvent]) -> Sequence[Step[AnyCommand, Actor]]:
        match recorded.event:
            case PlayerVanished(seat, _, until):
                return [_timer(seat, until)]
            case PlayerReturned(seat):
                return [_no_timer(seat)]
            case GameEnded(outcome):
                return [_no_timer(seat) for seat in range(len(outcome.scores))]
            case _:
                game = (await load(recorded.stream)).state
                return [_timer(*grace) for grace in game.graces.items()] if game else []

    events = (PlayerVanished, PlayerReturned, ClockStood, GameEnded)
    return Process(END_GRACE.id, events, react, _on_due)


async def _on_due(timer: Timer) -> Sequence[Reaction[AnyCommand, Actor]]:
    seat = int(timer.name.removeprefix(_GRACE))
    return [Reaction(timer.stream, EndGrace(seat), END_GRACE)]


def _timer(seat: int, until: datetime) -> SetTimer:
    return SetTimer(f"{_GRACE}{seat}", until)


def _no_timer(seat: int) -> CancelTimer:
    return CancelTimer(f"{_GRACE}{seat}")
