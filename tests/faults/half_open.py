"""Connections of which one end is silent without having hung up (F13)."""

from __future__ import annotations

import asyncio
import math
import re
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clouds_edges.client.connection import Status, StatusChanged
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.protocol.messages import Watch
from clouds_edges.server.counted_connection import CountedConnection
from tests.client.persons import PATIENCE, Person, person
from tests.faults.bystanders import log_kept
from tests.faults.proxy import proxy_to
from tests.faults.slow_readers import slow_reader
from tests.server.guests import SMALL, House, connections_held, new_token, serving
from tests.server.test_serving import answer_to, get

_METRIC: Final = re.compile(rb"^\S*connections ([0-9.e+]+)$", re.MULTILINE)
_BETWEEN_LOOKS: Final = 0.1
_STUCK: Final = 32 * 1024
"""Bytes that wait in the server for a client, beyond which nothing more is written to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """After how many seconds each end noticed that the other one was silent; infinite for never."""

    server_noticed: float
    """That a client is behind a line on which nothing comes through any more."""
    client_noticed: float
    """That the server is."""
    server_noticed_stop: float
    """That the process of a client stands still."""
    resumed: int
    """Clients, of 2, that came back with the token they had, and were who they had been."""
    errors: tuple[str, ...]


async def fall_silent(folder: Path, patience: float = 60.0) -> Silence:
    """Let a line swallow everything, then stop the process of a client."""
    with log_kept() as errors:
        async with serving(folder) as house:
            nobody = await _connections(house)
            server, client, is_same = await _swallow(house, nobody, patience)
            stopped, is_same_too = await _stop(house, nobody, patience)
    return Silence(
        server_noticed=server,
        client_noticed=client,
        server_noticed_stop=stopped,
        resumed=is_same + is_same_too,
        errors=tuple(errors),
    )


async def take_no_bytes(folder: Path, patience: float = 60.0) -> float:
    """Seconds until the server notices a client that takes no bytes, though many are on their way.

    Not so many that the client is sent away for them.
    """
    async with serving(folder) as house:
        openers = [await house.player(f"Opener {number}") for number in range(10)]
        for opener in 3 * openers:
            await opener.order(MAIN_LOBBY, OpenGame(SMALL))
        before, others = await _connections(house), connections_held(house)
        slow = await slow_reader(house, "Sloth")
        (connection,) = (one for one in connections_held(house) if one not in others)
        while not _is_stuck(connection):
            await slow.say(Watch(stream=MAIN_LOBBY))
            await openers[0].lobby()
        return await _gone(house, before, patience)


async def _swallow(house: House, nobody: int, patience: float) -> tuple[float, float, bool]:
    """Seconds until the server and the client noticed, and whether the client was the same then."""
    async with proxy_to(house.address.port) as proxy, person(proxy.url, "Ann") as ann:
        await ann.online()
        me = ann.connection.player
        proxy.to_server.is_silent = proxy.to_client.is_silent = True
        server, client = await asyncio.gather(_gone(house, nobody, patience), _lost(ann, patience))
        proxy.to_server.is_silent = proxy.to_client.is_silent = False
        proxy.cut()
        await ann.next(StatusChanged, lambda changed: changed.status is not Status.ONLINE)
        await ann.online()
        return server, client, ann.connection.player == me


async def _stop(house: House, nobody: int, patience: float) -> tuple[float, bool]:
    """Seconds until the server noticed, and whether the client was the same when it went on."""
    async with _client(house.address.url) as (process, told):
        me = await _online(told)
        process.send_signal(signal.SIGSTOP)
        noticed = await _gone(house, nobody, patience)
        process.send_signal(signal.SIGCONT)
        if noticed == math.inf:
            return noticed, False
        return noticed, await _online(told) == me


async def _gone(house: House, before: int, patience: float) -> float:
    """Seconds until the server has no more connections than before."""
    began = time.monotonic()
    while await _connections(house) > before:
        if time.monotonic() - began > patience:
            return math.inf
        await asyncio.sleep(_BETWEEN_LOOKS)
    return round(time.monotonic() - began, 1)


async def _lost(one: Person, patience: float) -> float:
    """Seconds until a client says that it has lost the server."""
    began = time.monotonic()
    while one.connection.status is Status.ONLINE:
        if time.monotonic() - began > patience:
            return math.inf
        await asyncio.sleep(_BETWEEN_LOOKS)
    return round(time.monotonic() - began, 1)


async def _connections(house: House) -> int:
    """How many connections the server says that it has."""
    answer = await answer_to(house.address, get("/metrics"))
    found = _METRIC.search(answer)
    assert found is not None, answer
    return int(float(found[1]))


def _is_stuck(connection: CountedConnection) -> bool:
    transport: asyncio.WriteTransport = connection.transport
    return transport.get_write_buffer_size() > _STUCK


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[tuple[Process, asyncio.StreamReader]]:
    """A client in a process of its own, and what it tells."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.talking_client", url, new_token(), "Bob"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout
    finally:
        process.kill()
        await process.wait()


async def _online(told: asyncio.StreamReader) -> str:
    """Wait until a client says that it is there; who it is."""
    async with asyncio.timeout(PATIENCE):
        while True:
            status, player = (await told.readline()).decode().split()
            if status == Status.ONLINE:
                return player
