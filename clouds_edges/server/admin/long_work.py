"""Work that an operator begins and need not wait for: it goes on when the operator hangs up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from clouds_edges.eventsourcing.decider import Refused

_LOG: Final = logging.getLogger(__name__)


class NothingUnderWay(Refused):
    """There is no such work to interrupt."""

    code = "nothing_under_way"


class Interrupted(Refused):
    """Somebody has interrupted the work, or the server stops."""

    code = "interrupted"


@dataclass(slots=True)
class _Job:
    name: str
    work: Callable[[], Awaitable[None]]
    end: asyncio.Future[None]
    task: asyncio.Task[Exception | None] | None = None


class LongWork:
    """Does each named work once at a time; whoever asks for it meanwhile waits for the same end."""

    def __init__(self) -> None:
        self._jobs: dict[str, _Job] = {}
        self._new: asyncio.Queue[_Job] = asyncio.Queue()

    async def run(self) -> None:
        """Do what comes until cancelled, which interrupts what is under way."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                job = await self._new.get()
                job.task = tasks.create_task(_failure_of(job.work))
                job.task.add_done_callback(partial(self._end, job))

    async def do(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Wait for the end of this work, which begins now unless it is under way.

        Raises:
            Interrupted: See there.
            Exception: What the work has raised.
        """
        job = self._jobs.get(name)
        if job is None:
            job = _Job(name, work, asyncio.get_running_loop().create_future())
            self._jobs[name] = job
            self._new.put_nowait(job)
        await asyncio.shield(job.end)

    def interrupt(self, name: str) -> None:
        """End this work before its time; raises `NothingUnderWay`."""
        job = self._jobs.get(name)
        if job is None or job.task is None:
            message = f"no work on {name} is under way"
            raise NothingUnderWay(message)
        job.task.cancel()

    def _end(self, job: _Job, task: asyncio.Task[Exception | None]) -> None:
        """Tell who waits; a task that is cancelled before its first step comes here too."""
        del self._jobs[job.name]
        if task.cancelled():
            message = f"the work on {job.name} was interrupted"
            job.end.set_exception(Interrupted(message))
        elif (error := task.result()) is not None:
            _LOG.warning("the work on %s has failed: %s", job.name, error)
            job.end.set_exception(error)
        else:
            job.end.set_result(None)
        job.end.exception()  # nobody has to be waiting for it


async def _failure_of(work: Callable[[], Awaitable[None]]) -> Exception | None:
    """What work has raised: it ends no other work."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - who waits for the end gets it
        return error
    return None
