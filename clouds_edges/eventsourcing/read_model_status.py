"""What an operator sees of a read model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from clouds_edges.eventsourcing.recorded import Checkpoint


class ReadModelState(StrEnum):
    """What a runner is doing."""

    FOLLOWING = "following"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ReadModelStatus:
    """How a read model is: `lag` in events, `rebuilt_to` while a rebuild is under way."""

    name: str
    state: ReadModelState
    position: Checkpoint
    lag: int
    error: str | None
    rebuilt_to: Checkpoint | None
