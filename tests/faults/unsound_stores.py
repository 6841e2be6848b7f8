"""Stores that do not do what a store must: the simulator has to find that out."""

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.store import Outcome
from tests.faults.faulty_store import Crash, Disk, FaultyStore


class _Forgetful(FaultyStore[AnyEvent]):
    """Knows of no command that it came before."""

    async def outcome_of(
        self,
        by: str,  # noqa: ARG002 - it forgets all
        command_id: CommandId,  # noqa: ARG002
        body: bytes,  # noqa: ARG002
    ) -> Outcome | None:
        return None


def without_command_ids(disk: Disk, crash: Crash) -> FaultyStore[AnyEvent]:
    """The control of I2."""
    return _Forgetful(CODEC, disk, crash)


def without_flush(disk: Disk, crash: Crash) -> FaultyStore[AnyEvent]:
    """The control of I1: the end of the log is lost when the server is."""
    entries = list(disk.log.entries(BEGINNING, disk.log.end()))
    lost = disk.chance.randint(0, 2)
    disk.log = MemoryLog(entries[: max(0, len(entries) - lost)])
    return FaultyStore(CODEC, disk, crash)
