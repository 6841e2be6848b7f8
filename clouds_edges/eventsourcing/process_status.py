"""What an operator sees of a process."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from clouds_edges.eventsourcing.recorded import Checkpoint
from clouds_edges.eventsourcing.stuck import Stuck


class ProcessState(StrEnum):
    """What a process is doing; `WAITING` for a store that is in trouble, or takes nothing."""

    FOLLOWING = "following"
    PAUSED = "paused"
    WAITING = "waiting"
    REBUILDING = "rebuilding"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """How a process is.

    `lag` counts the events that it has not seen; `error` is why it waits or has stopped; `timers`
    counts those that are set; `rebuilt_to` is how far a rebuild has come, of `position`.
    """

    name: str
    state: ProcessState
    position: Checkpoint
    lag: int
    error: str | None
    stuck: tuple[Stuck, ...]
    timers: int
    rebuilt_to: Checkpoint | None
