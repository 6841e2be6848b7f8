"""Two who play on while something happens, and what they notice of it."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clouds_edges.domain.game.events import GameStarted
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Accepted, Happened
from clouds_edges.rules import Board, Position
from tests.server.guests import Guest, House, draw, open_game, started

PATIENCE: Final = 30.0
_PATIENCE_FOR_SIGHT: Final = 3.0
_BETWEEN_LOOKS: Final = 0.2
_BOARD: Final = Board(20, 20)
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


@dataclass(slots=True)
class Bystanders:
    """Ann and Bob, and how long each of their lines took until it was answered and told to both.

    Whatever they are told has to be one contiguous run (I9), and each line has to be accepted.
    """

    ann: Guest
    bob: Guest
    chance: random.Random
    stream: StreamName = MAIN_LOBBY  # until their game has begun
    version: int = 0
    seconds: list[float] = field(default_factory=list)
    _drawn: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def play_on(self) -> None:
        """Play one game after the other, until cancelled."""
        while True:
            await self._play(await self._begun())

    async def draw(self, lines: int) -> list[float]:
        """Wait until so many more lines are drawn; how long each of them took."""
        before = len(self.seconds)
        async with asyncio.timeout(PATIENCE + lines), self._drawn:
            await self._drawn.wait_for(lambda: len(self.seconds) - before >= lines)
        return self.seconds[before:]

    async def _begun(self) -> tuple[Guest, Guest]:
        """Begin a game that both watch; in the order of their turns."""
        game = await open_game(self.ann, OpenGame(_BOARD))
        assert isinstance(await self.bob.order(MAIN_LOBBY, JoinGame(game)), Accepted)
        self.stream, self.version = game_stream(game), 1
        await started(self.bob, self.stream)
        await self.bob.watch(self.stream)
        happened = await self.ann.watch(self.stream)
        assert isinstance(happened, Happened)
        begin = happened.events[0].event
        assert isinstance(begin, GameStarted)
        return (self.ann, self.bob) if begin.first == 0 else (self.bob, self.ann)

    async def _play(self, seats: tuple[Guest, Guest]) -> None:
        position = Position.start(_BOARD)
        lines = list(position.free_lines)
        self.chance.shuffle(lines)
        for line in lines:
            turn = position.seat_to_draw
            drawer, other = seats[turn], seats[1 - turn]
            began = time.perf_counter()
            answer = await drawer.order(self.stream, draw(str(line)))
            assert isinstance(answer, Accepted), answer
            for one in (other, drawer):
                await one.events(self.stream, up_to=answer.version, after=self.version)
                one.unread.clear()
            self.version = answer.version
            self.seconds.append(time.perf_counter() - began)
            position = position.draw(line)
            async with self._drawn:
                self._drawn.notify_all()


@asynccontextmanager
async def bystanders(house: House, seed: int) -> AsyncIterator[Bystanders]:
    """Two who play for as long as the context lasts; whatever goes wrong for them comes out."""
    ann, bob = await house.player("Ann"), await house.player("Bob")
    both = Bystanders(ann, bob, random.Random(seed))  # noqa: S311 - to be repeated
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(both.play_on())
        await both.draw(1)
        yield both
        playing.cancel()


def percentile_99(seconds: list[float]) -> float:
    """What one in a hundred takes longer than, in milliseconds."""
    return round(1000 * sorted(seconds)[int(0.99 * (len(seconds) - 1))], 2)


@contextmanager
def log_kept(level: int = logging.ERROR, name: str = "") -> Iterator[list[str]]:
    """What is logged from this level on, by everything or under a name."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(record.getMessage())

    handler, log = Keep(level), logging.getLogger(name)
    before = log.level
    log.addHandler(handler)
    log.setLevel(min(level, log.getEffectiveLevel()))
    try:
        yield kept
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def memory_held() -> int:
    """Bytes that this process holds of the machine's memory (Linux; 0 elsewhere)."""
    file = Path("/proc/self/statm")
    return int(file.read_text(encoding="ascii").split()[1]) * _PAGE if file.exists() else 0


async def until(is_so: Callable[[], bool]) -> bool:
    """Wait for something that nobody tells; whether it came to be in time."""
    try:
        async with asyncio.timeout(_PATIENCE_FOR_SIGHT):
            while not is_so():  # noqa: ASYNC110 - nobody sets an event
                await asyncio.sleep(_BETWEEN_LOOKS)
    except TimeoutError:
        return False
    return True
