"""Work for a thread that is waited for to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def finished(work: Callable[[*Ts], T], *arguments: *Ts) -> T:
    """What `work` returns, called in a thread.

    Who is cancelled meanwhile goes on only when it has ended: no lock is let go, and no file
    closed, while a thread is at work behind it.
    """
    future = asyncio.get_running_loop().run_in_executor(None, work, *arguments)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise
