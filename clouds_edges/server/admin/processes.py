"""The operator's view of the processes, and what can be done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.admin_answers import Done, ProcessesAre, ProcessRow, StuckRow

if TYPE_CHECKING:
    from clouds_edges.application.system import System
    from clouds_edges.eventsourcing.process_status import ProcessStatus
    from clouds_edges.eventsourcing.stuck import Stuck
    from clouds_edges.protocol.admin import (
        ListProcesses,
        PauseProcess,
        RebuildProcess,
        ResumeProcess,
        RetryStuck,
        SkipStuck,
    )
    from clouds_edges.server.admin.long_work import LongWork


class ProcessesView:
    """Answers the questions about processes; those about an unknown one list the known."""

    def __init__(self, system: System, work: LongWork) -> None:
        self._system = system
        self._work = work

    async def all(self, _: ListProcesses) -> ProcessesAre:
        """How each of them stands."""
        rows = tuple(process_row(one.status) for one in self._system.processes.values())
        return ProcessesAre(processes=rows, end=await self._system.store.end())

    async def retry(self, asked: RetryStuck) -> Done:
        """Try again at once what failed; raises `NotStuck`."""
        await self._system.process(asked.process).retry(StreamName(asked.stream))
        return Done(sentence=f"{asked.process} tries again what failed in {asked.stream}")

    async def skip(self, asked: SkipStuck) -> Done:
        """Go on behind what failed; raises `NotStuck`."""
        await self._system.process(asked.process).skip(StreamName(asked.stream))
        return Done(sentence=f"{asked.process} leaves out what failed in {asked.stream}")

    async def pause(self, asked: PauseProcess) -> Done:
        """Let one rest."""
        self._system.process(asked.process).pause()
        return Done(
            sentence=f"{asked.process} rests until it is resumed, or the server is restarted"
        )

    async def resume(self, asked: ResumeProcess) -> Done:
        """Let one go on."""
        self._system.process(asked.process).resume()
        return Done(sentence=f"{asked.process} goes on")

    async def rebuild(self, asked: RebuildProcess) -> Done:
        """Fold one's own state again."""
        process = self._system.process(asked.process)
        await self._work.do(f"process {asked.process}", process.rebuild)
        return Done(sentence=f"{asked.process} has folded its own state again")


def process_row(status: ProcessStatus) -> ProcessRow:
    """A process as operators see it."""
    return ProcessRow(
        name=status.name,
        state=status.state.value,
        position=status.position,
        lag=status.lag,
        error=status.error,
        stuck=tuple(map(_stuck_row, status.stuck)),
        timers=status.timers,
        rebuilt_to=status.rebuilt_to,
    )


def _stuck_row(stuck: Stuck) -> StuckRow:
    return StuckRow(
        stream=stuck.stream,
        position=stuck.position,
        version=stuck.version,
        tries=stuck.tries,
        error=stuck.error,
        is_parked=stuck.is_parked,
        waiting=stuck.waiting,
        timer=stuck.timer,
    )
