"""Players who never read what they are sent of a busy game (F11), and what others notice."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Happened, Watch, Welcome
from tests.faults.bystanders import Bystanders, bystanders, log_kept, memory_held, percentile_99
from tests.server.guests import Guest, House, serving

_BUFFER: Final = 4 * 1024
"""Bytes that the machine of a slow reader takes before the server has to wait."""
_LINES_BEFORE: Final = 200
_SESSIONS: Final = "clouds_edges.server.session"
_TOO_SLOW: Final = "a client is sent away: too slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowReaders:
    """What came of those who do not read, for the server and for two who played meanwhile."""

    seed: int
    readers: int
    sent_away: int
    resumed: int
    """Who came back, and was told of the game from its beginning without a gap."""
    lines_before: int
    lines_during: int
    p99_before: float
    """What one in a hundred lines took longer than, in milliseconds, without slow readers."""
    p99_during: float
    grown: int
    """Bytes by which the process grew at most, while they were there."""
    errors: tuple[str, ...]


async def watch_without_reading(
    readers: int, lines: int, seed: int, folder: Path, greed: int = 1
) -> SlowReaders:
    """Let some watch one game after the other, and read nothing.

    With greed they ask for the whole game anew so often after every line. It ends when all were
    sent away, or when so many lines were drawn.
    """
    with log_kept() as errors, log_kept(logging.INFO, _SESSIONS) as told:
        async with serving(folder) as house, bystanders(house, seed) as both:
            before = await both.draw(_LINES_BEFORE)
            begun, memory, most = len(both.seconds), memory_held(), 0
            slow = [await slow_reader(house, f"Sloth {number}") for number in range(readers)]
            watched = None
            while _sent_away(told) < readers and len(both.seconds) < begun + lines:
                wishes = greed or int(watched != both.stream)
                watched = both.stream
                for one in slow:
                    await _ask_for(one, watched, wishes)
                await both.draw(1)
                most = max(most, memory_held())
            during = both.seconds[begun:]
            resumed = [await _resumes(house, one, both) for one in slow]
    return SlowReaders(
        seed=seed,
        readers=readers,
        sent_away=_sent_away(told),
        resumed=sum(resumed),
        lines_before=len(before),
        lines_during=len(during),
        p99_before=percentile_99(before),
        p99_during=percentile_99(during),
        grown=most - memory,
        errors=tuple(errors),
    )


def _sent_away(told: list[str]) -> int:
    return sum(one.startswith(_TOO_SLOW) for one in told)


async def slow_reader(house: House, name: str) -> Guest:
    """Somebody who greets, and reads nothing of what is said then."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    own.setblocking(False)  # noqa: FBT003 - so the standard library wants it
    await asyncio.get_running_loop().sock_connect(own, ("127.0.0.1", house.address.port))
    reader = Guest(
        await house.stack.enter_async_context(
            connect(
                house.address.url,
                sock=own,
                compression=None,
                proxy=None,
                ping_interval=None,
                close_timeout=0.1,
            )
        )
    )
    assert isinstance(await reader.greet(name), Welcome)
    reader.socket.transport.pause_reading()
    return reader


async def _ask_for(slow: Guest, stream: StreamName, times: int) -> None:
    with suppress(ConnectionClosed):
        for _ in range(times):
            await slow.say(Watch(stream=stream))


async def _resumes(house: House, slow: Guest, both: Bystanders) -> bool:
    """Whether who comes back is told all of the game, and what happens then."""
    reader = await house.player(token=slow.token)
    happened = await reader.watch(both.stream)
    assert isinstance(happened, Happened)
    await both.draw(1)
    told = [one.version for one in happened.events]
    if happened.version < both.version:
        later = await reader.events(both.stream, up_to=both.version, after=happened.version)
        told += [one.version for one in later]
    return told == list(range(1, len(told) + 1)) and len(told) >= both.version
