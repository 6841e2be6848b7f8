import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from clouds_edges.server.admin.long_work import Interrupted, LongWork, NothingUnderWay


@asynccontextmanager
async def working() -> AsyncIterator[LongWork]:
    work = LongWork()
    running = asyncio.ensure_future(work.run())
    yield work
    running.cancel()
    await asyncio.wait([running])


class Task:
    """Work that waits until it is let go on."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1
        self.begun.set()
        await self.go_on.wait()


async def test_work_is_done_once_for_all_who_ask_meanwhile() -> None:
    async with working() as work:
        task = Task()
        asked = [asyncio.ensure_future(work.do("x", task)) for _ in range(3)]
        await task.begun.wait()
        task.go_on.set()
        await asyncio.gather(*asked)
        assert task.times == 1
        await work.do("x", task)
        assert task.times == 2


async def test_work_goes_on_when_nobody_waits_any_more() -> None:
    async with working() as work:
        task = Task()
        asked = asyncio.ensure_future(work.do("x", task))
        await task.begun.wait()
        asked.cancel()
        await asyncio.wait([asked])
        later = asyncio.ensure_future(work.do("x", task))
        task.go_on.set()
        await later
        assert task.times == 1


async def test_work_is_interrupted_and_can_be_begun_again() -> None:
    async with working() as work:
        task = Task()
        asked = asyncio.ensure_future(work.do("x", task))
        await task.begun.wait()
        with pytest.raises(NothingUnderWay):
            work.interrupt("y")
        work.interrupt("x")
        with pytest.raises(Interrupted, match="the work on x was interrupted"):
            await asked
        with pytest.raises(NothingUnderWay, match="no work on x is under way"):
            work.interrupt("x")
        task.go_on.set()
        await work.do("x", task)


async def test_work_is_interrupted_before_its_first_step() -> None:
    async with working() as work:
        task = Task()
        asked = asyncio.ensure_future(work.do("x", task))
        await _interrupted(work, "x")
        async with asyncio.timeout(1):
            with pytest.raises(Interrupted):
                await asked
        assert task.times == 0
        task.go_on.set()
        await work.do("x", task)


async def _interrupted(work: LongWork, name: str) -> None:
    """Interrupt work as soon as that is possible."""
    while True:
        await asyncio.sleep(0)
        with suppress(NothingUnderWay):
            return work.interrupt(name)


async def test_work_that_fails_is_told_and_others_go_on() -> None:
    async def fail() -> None:
        message = "no"
        raise ValueError(message)

    async with working() as work:
        task = Task()
        other = asyncio.ensure_future(work.do("other", task))
        await task.begun.wait()
        with pytest.raises(ValueError, match="no"):
            await work.do("x", fail)
        task.go_on.set()
        await other


async def test_the_end_of_the_server_interrupts_what_is_under_way() -> None:
    async with working() as work:
        task = Task()
        asked = asyncio.ensure_future(work.do("x", task))
        await task.begun.wait()
    with pytest.raises(Interrupted):
        await asked
