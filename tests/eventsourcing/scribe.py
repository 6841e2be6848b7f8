"""A process that can be made to fail, at an event or at a timer."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.process import Process, Reaction
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
from clouds_edges.eventsourcing.timers import SetTimer, Timer
from tests.eventsourcing.house import UPSTAIRS, House, LampProcess, Steps
from tests.eventsourcing.lamp import ATTIC, Command, Event, Labelled, Look, Somebody

CELLAR: Final = StreamName("lamp/cellar")
FIRST: Final = Checkpoint(1)
PAUSES: Final = [1, 2, 4, 8, 16]


class Scribe:
    """Reads labels, and a poisoned one not before it is cured."""

    def __init__(self) -> None:
        self.read: list[str] = []
        """Every label, as often as it was tried."""
        self.is_cured = False
        self.process: LampProcess = Process("scribe", (Labelled,), self._react, self._on_due)

    async def _react(self, recorded: Recorded[Event]) -> Steps:
        assert isinstance(recorded.event, Labelled)
        label = recorded.event.label
        self.read.append(label)
        if label.startswith("poison") and not self.is_cured:
            raise LookupError(label)
        if label.startswith("timer"):
            return [SetTimer(label, recorded.at + timedelta(hours=1))]
        return [Reaction(ATTIC, Look(), UPSTAIRS)]

    async def _on_due(self, timer: Timer) -> Sequence[Reaction[Command, Somebody]]:
        self.read.append(f"{timer.name} is due")
        if timer.name.endswith("poison") and not self.is_cured:
            raise LookupError(timer.name)
        return []


async def wait_until_parked(house: House) -> None:
    for seconds in PAUSES:
        house.clock.advance(seconds)
        await house.clock.idle()


def labels(*labels: str) -> list[Event]:
    return [Labelled(label) for label in labels]
