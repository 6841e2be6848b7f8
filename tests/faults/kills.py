"""The server is killed while eight play (F1): figures of what the log then holds."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clouds_edges.application.system import KEYS
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.events import Event as GameEvent
from clouds_edges.domain.game.events import GameEnded, LineDrawn
from clouds_edges.domain.ids import category_of
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.protocol.messages import Told
from tests.faults.bots import Bot, Kept, eight_bots
from tests.faults.lamps import holes
from tests.faults.lawful import is_lawful
from tests.faults.server_process import REAL, ServerProcess, server_process

_SOONEST: Final = 0.02
_LATEST: Final = 0.4
"""Seconds between the moment at which all play and the kill."""
_PATIENCE: Final = 60.0

Log = Sequence[Recorded[AnyEvent]]


@dataclass(frozen=True, slots=True)
class Kills:
    """What came of so many kills."""

    seed: int
    kills: int
    bots: int
    acknowledged_lines: int
    acknowledged: int
    """Commands, lines among them."""
    lost: int
    """Acknowledged commands that are not in the log as they were acknowledged."""
    doubled: int
    """Lines that are in the log twice."""
    unacknowledged: int
    """Commands that nobody was told of, but which are in the log."""
    unknown: int
    """Commands that nobody was told of, in the log or not."""
    holes: int
    """Positions and versions that are not the next."""
    told: int
    """Events of games, each once for everybody who watched."""
    told_otherwise: int
    """Those that are not in the log, or not in this place."""
    notices_of_lost_history: int
    finished_games: int
    unlawful_games: int
    tracebacks: int
    """In what the servers logged."""
    seconds_to_serve: tuple[float, float]
    """From a kill until the next server listens: the median, and the longest."""
    seconds_to_play: tuple[float, float]
    """From a kill until all eight are back: likewise."""


async def kill_often(times: int, seed: int, folder: Path, program: str = REAL) -> Kills:
    """Kill the server so many times while eight play, and look what is in the log."""
    chance = random.Random(seed)  # noqa: S311 - to be had again
    serving, playing = list[float](), list[float]()
    async with server_process(folder, program) as server:
        async with _playing(eight_bots(server.url, seed)) as bots:
            await _all_online(bots)
            for _ in range(times - 1):
                await asyncio.sleep(chance.uniform(_SOONEST, _LATEST))
                began = await _killed(server, bots)
                await server.start_again()
                serving.append(time.perf_counter() - began)
                await _all_online(bots)
                playing.append(time.perf_counter() - began)
            await asyncio.sleep(chance.uniform(_SOONEST, _LATEST))
            await _killed(server, bots)
        log = await _log(server.data)
        logged = (folder / "server.log").read_text()
    return _figures(seed, bots, log, logged, serving, playing)


async def _killed(server: ServerProcess, bots: Sequence[Bot]) -> float:
    """Kill the server; returns when that was."""
    began = time.perf_counter()
    await server.kill()
    for bot in bots:
        bot.lose_server()
    return began


@asynccontextmanager
async def _playing(bots: Sequence[Bot]) -> AsyncIterator[Sequence[Bot]]:
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(bot.run()) for bot in bots]
        try:
            yield bots
        finally:
            for one in running:
                one.cancel()


async def _all_online(bots: Sequence[Bot]) -> None:
    async with asyncio.timeout(_PATIENCE):
        await asyncio.gather(*(bot.online() for bot in bots))


async def _log(folder: Path) -> Log:
    """The log, as the next server would read it."""
    with closing(KeyFile(folder / KEYS)) as keys:
        async with SQLiteStore(folder / "events.db", CODEC.sealed_by(keys)) as store:
            log = await store.read_log(BEGINNING, 10_000_000)
            assert not store.quarantined
            return log


def _figures(  # noqa: PLR0913, PLR0917 - all that was seen
    seed: int,
    bots: Sequence[Bot],
    log: Log,
    logged: str,
    serving: Sequence[float],
    playing: Sequence[float],
) -> Kills:
    acknowledged = [kept for bot in bots for kept in bot.acknowledged]
    asked = {command: wish for bot in bots for command, wish in bot.asked.items()}
    unknown = asked.keys() - {kept.id for kept in acknowledged}
    games = {
        stream: events for stream, events in _streams(log).items() if category_of(stream) == "game"
    }
    return Kills(
        seed=seed,
        kills=len(serving) + 1,
        bots=len(bots),
        acknowledged_lines=sum(isinstance(asked[one.id][1], DrawLine) for one in acknowledged),
        acknowledged=len(acknowledged),
        lost=_lost(acknowledged, log),
        doubled=_doubled(log),
        unacknowledged=len(unknown & {one.command_id for one in log}),
        unknown=len(unknown),
        holes=holes(log),
        told=sum(len(events) for bot in bots for events in bot.told.values()),
        told_otherwise=sum(
            not _is_in(told, games.get(stream, ()))
            for bot in bots
            for stream, events in bot.told.items()
            for told in events
        ),
        notices_of_lost_history=sum(len(bot.lost) for bot in bots),
        finished_games=sum(isinstance(events[-1].event, GameEnded) for events in games.values()),
        unlawful_games=sum(
            not is_lawful([one.event for one in events if isinstance(one.event, GameEvent)])
            for events in games.values()
        ),
        tracebacks=logged.count("Traceback"),
        seconds_to_serve=(statistics.median(serving), max(serving)),
        seconds_to_play=(statistics.median(playing), max(playing)),
    )


def _lost(acknowledged: Sequence[Kept], log: Log) -> int:
    """Acknowledged commands that are not there once, where it was said."""
    ends = Counter((one.command_id, one.stream, one.version, one.hash.hex()) for one in log)
    return sum(ends[kept.id, kept.stream, kept.version, kept.head] != 1 for kept in acknowledged)


def _doubled(log: Log) -> int:
    """Lines that are there again, and commands that have led to more than one line."""
    drawn = [(one, one.event.line) for one in log if isinstance(one.event, LineDrawn)]
    lines = {(one.stream, line) for one, line in drawn}
    commands = {(one.by, one.command_id) for one, _ in drawn}
    return 2 * len(drawn) - len(lines) - len(commands)


def _is_in(told: Told, events: Log) -> bool:
    """Whether an event is in a stream as it was told."""
    if told.version > len(events):
        return False
    one = events[told.version - 1]
    return (told.version, told.at, told.event) == (one.version, one.at, one.event)


def _streams(log: Log) -> Mapping[StreamName, Log]:
    streams: dict[StreamName, list[Recorded[AnyEvent]]] = {}
    for one in log:
        streams.setdefault(one.stream, []).append(one)
    return streams
