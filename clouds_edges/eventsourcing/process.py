"""Processes: events in, commands out, each in effect once.

The id of a command is made of process, position of the event, and step: when an event is seen
again, after a crash or because a checkpoint was lost, the store answers with the first outcome.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from clouds_edges.eventsourcing.decider import A, C, StreamName
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.eventsourcing.timers import CancelTimer, SetTimer, Timer

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Reaction(Generic[C, A]):
    """A command that an event, or a timer, leads to."""

    stream: StreamName
    command: C
    by: A


Step: TypeAlias = Reaction[C, A] | SetTimer | CancelTimer


async def _never_due(_: Timer) -> Sequence[Reaction[C, A]]:
    return ()


@dataclass(frozen=True, slots=True)
class Process(Generic[E, C, A]):
    """What is done about events, and about the timers that they set; steps keep their order.

    `name` never changes: commands are known by it. `events` are the classes that `react` is called
    for, each by itself. `react` is called again for an event after a crash, after a failure, and
    when the timers are made again: it may read, but changes nothing itself.
    """

    name: str
    events: tuple[type, ...]
    react: Callable[[Recorded[E]], Awaitable[Sequence[Step[C, A]]]]
    on_due: Callable[[Timer], Awaitable[Sequence[Reaction[C, A]]]] = _never_due

    @property
    def has_timers(self) -> bool:
        """Whether anything is done about those that it sets."""
        return self.on_due is not _never_due
