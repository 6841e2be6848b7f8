"""Crowds that send junk, knock badly or stand idle (F12), and what two who play notice of them."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from websockets.exceptions import ConnectionClosed

from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.protocol.messages import AskRecord, CloseCode, RecordIs
from clouds_edges.server.doors import USUAL_LIMITS, Limits
from tests.faults.bad_handshakes import KNOCKS, Knock
from tests.faults.bystanders import (
    Bystanders,
    bystanders,
    log_kept,
    memory_held,
    percentile_99,
    until,
)
from tests.faults.junk import Junk
from tests.server.guests import Guest, House, connections_held, new_token, serving
from tests.server.test_crowds import idle_sockets

STRICT: Final = replace(USUAL_LIMITS, spared=lambda _: False)
"""The limits of a server in a network: it spares nobody."""
THROWERS: Final = 4
KNOCKERS: Final = 2
_FRAMES_BETWEEN: Final = 2
"""How many frames are thrown before a thrower waits for the server to have read them."""
JUNK_MAY_END_IN: Final = frozenset({
    CloseCode.NO_GREETING, CloseCode.TOO_MANY_MISTAKES, 1007, 1009,
})  # fmt: skip
"""A second greeting, one mistake too many, no UTF-8, too large (RFC 6455)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What came of a crowd, for the server and for two who played on meanwhile."""

    seed: int
    size: int
    ends: Mapping[str, int]
    """How the server ended the connections of the crowd: how often with which code."""
    wrong_ends: Mapping[str, int]
    """Those that it should not have ended so."""
    held: int
    """Connections in the server's memory while the crowd was there."""
    held_after: int
    """Connections in the server's memory when the crowd had left, but for those of the two."""
    errors: tuple[str, ...]
    """What the log of the server holds of errors."""
    lines_before: int
    lines_during: int
    p99_before: float
    """What one in a hundred lines took longer than, in milliseconds, without the crowd."""
    p99_during: float
    grown: int
    """Bytes by which the process grew from an eighth of the crowd to its end, after it had left."""


@dataclass(slots=True)
class _Seen:
    """How connections have ended, and how many were held."""

    ends: Counter[str] = field(default_factory=Counter)
    wrong_ends: Counter[str] = field(default_factory=Counter)
    held: int = 0

    def end(self, end: object, *, is_right: bool) -> None:
        self.ends[str(end)] += 1
        if not is_right:
            self.wrong_ends[str(end)] += 1


async def throw_junk(
    frames: int, seed: int, folder: Path, lines: int = 40, limits: Limits = USUAL_LIMITS
) -> Crowd:
    """Let some players send so many frames of junk, while two others play."""
    each = frames // THROWERS
    tokens = [new_token() for _ in range(THROWERS)]

    async def throw(house: House, both: Bystanders, seen: _Seen, share: int) -> None:
        streams = lambda: (MAIN_LOBBY, both.stream, both.stream, "players", "game/none")  # noqa: E731
        async with asyncio.TaskGroup() as tasks:
            for number, token in enumerate(tokens):
                junk = Junk(_chance(seed, share, number), streams)
                name = f"Thrower {number}"
                tasks.create_task(_throw(house, token, name, junk, each // share, seen))

    return await _crowd(throw, frames, seed, folder, lines, limits)


async def knock_badly(knocks: int, seed: int, folder: Path, lines: int = 40) -> Crowd:
    """Let strangers knock so often in ways that are none, while two others play."""

    async def knock(house: House, _both: Bystanders, seen: _Seen, share: int) -> None:
        chance = _chance(seed, share)
        async with asyncio.TaskGroup() as tasks:
            for number in range(KNOCKERS):
                some = [KNOCKS[n % len(KNOCKS)] for n in range(number, knocks // share, KNOCKERS)]
                tasks.create_task(_knock(house, some, chance, seen))

    return await _crowd(knock, knocks, seed, folder, lines, STRICT)


async def stand_idle(
    sockets: int, seed: int, folder: Path, lines: int = 40, limits: Limits = STRICT
) -> Crowd:
    """Let so many sockets say nothing at all, while two play and others come in."""

    async def stand(house: House, both: Bystanders, seen: _Seen, share: int) -> None:
        ours = len(connections_held(house))
        async with idle_sockets(house, sockets // share), _closed(house) as room:
            await (await room.guest()).greet(f"Newcomer {share}")
            await both.draw(lines)
            seen.held = len(connections_held(house)) - ours

    return await _crowd(stand, sockets, seed, folder, lines, limits)


async def _crowd(  # noqa: PLR0913, PLR0917 - what a crowd is, each once
    come: Callable[[House, Bystanders, _Seen, int], Awaitable[None]],
    size: int,
    seed: int,
    folder: Path,
    lines: int,
    limits: Limits,
) -> Crowd:
    seen = _Seen()
    with log_kept() as errors:
        async with serving(folder, limits=limits) as house, bystanders(house, seed) as both:
            ours = len(connections_held(house))
            before = await both.draw(lines)
            await come(house, both, seen, 8)
            gc.collect()
            memory, begun = memory_held(), len(both.seconds)
            await come(house, both, seen, 1)
            during = both.seconds[begun:]
            await until(lambda: len(connections_held(house)) <= ours)
            left, grown = len(connections_held(house)) - ours, memory_held() - memory
    return Crowd(
        seed=seed,
        size=size,
        ends=dict(seen.ends),
        wrong_ends=dict(seen.wrong_ends),
        held=seen.held,
        held_after=left,
        errors=tuple(errors),
        lines_before=len(before),
        lines_during=len(during),
        p99_before=percentile_99(before),
        p99_during=percentile_99(during),
        grown=grown,
    )


async def _throw(  # noqa: PLR0913, PLR0917 - who, what, where, how often
    house: House, token: str, name: str, junk: Junk, frames: int, seen: _Seen
) -> None:
    thrown = 0
    while thrown < frames:
        async with _closed(house) as room:
            thrower = await room.player(name, token)
            try:
                while thrown < frames:
                    thrown += 1
                    frame = junk.frame()
                    await thrower.socket.send(frame.content, text=frame.is_text)
                    if thrown % _FRAMES_BETWEEN == 0:
                        await _has_read(thrower)
                await _has_read(thrower)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                seen.end(code, is_right=code in JUNK_MAY_END_IN)


async def _has_read(thrower: Guest) -> None:
    """Wait until the server has come to the end of what was thrown."""
    await thrower.say(AskRecord())
    await thrower.next(RecordIs)
    thrower.unread.clear()


async def _knock(house: House, knocks: list[Knock], chance: random.Random, seen: _Seen) -> None:
    for knock in knocks:
        async with _closed(house) as room:
            end = await knock.do(room, chance)
        seen.end(f"{knock.name}: {end}", is_right=end == knock.end)


@asynccontextmanager
async def _closed(house: House) -> AsyncIterator[House]:
    """The house, for guests who are gone when the context ends."""
    async with AsyncExitStack() as stack:
        yield House(house.address, stack)


def _chance(*seeds: int) -> random.Random:
    return random.Random("/".join(map(str, seeds)))  # noqa: S311 - to be repeated
