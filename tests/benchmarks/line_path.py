"""The whole path of a line: from a player's socket through the server to both players' sockets."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clouds_edges.protocol.messages import PROTOCOL_VERSION
from clouds_edges.rules import Board, Position
from tests.benchmarks.wire import Wire

BOARD = Board(10, 10)


@dataclass
class Table:
    """A game between two sockets, and what its lines took to reach the opponent, in seconds."""

    stream: str
    wires: tuple[Wire, Wire]
    position: Position
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    latencies: list[float] = field(default_factory=list)
    drawn: int = 0

    async def play(self, chance: random.Random, pause: float) -> None:
        """Draw all free lines in random order, each when the one before has reached both."""
        lines = list(self.position.free_lines)
        chance.shuffle(lines)
        due = time.perf_counter() + chance.random() * pause
        for line in lines:
            if pause:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                due += pause
            drawer = self.position.seat_to_draw
            waiting = {0, 1}
            began = time.perf_counter()
            self._expect(waiting, drawer, began)
            self.drawn += 1
            order = {
                "kind": "give_order",
                "id": f"{drawer}-{self.drawn}",
                "stream": self.stream,
                "command": {"kind": "draw_line", "line": str(line)},
            }
            self.wires[drawer].send(json.dumps(order))
            await self.arrived.wait()
            self.position = self.position.draw(line)

    def _expect(self, waiting: set[int], drawer: int, began: float) -> None:
        self.arrived.clear()

        def on_frame_of(seat: int) -> None:
            def on_frame(frame: bytes) -> None:
                if b'"refused"' in frame:
                    raise AssertionError(frame)
                if frame.startswith((b'{"kind":"happened"', b'{"kind": "happened"')):
                    if seat != drawer:
                        self.latencies.append(time.perf_counter() - began)
                    waiting.discard(seat)
                    if not waiting:
                        self.arrived.set()

            self.wires[seat].on_frame = on_frame

        on_frame_of(0)
        on_frame_of(1)


@dataclass(frozen=True)
class Measured:
    """What came of one run: lines a second, and seconds to the opponent."""

    lines_a_second: float
    median: float
    p99: float


async def measure(tables: list[Table], lines_a_second: float | None) -> Measured:
    """Play all tables to their ends at once: as fast as it goes, or at a pace."""
    pause = len(tables) / lines_a_second if lines_a_second else 0.0
    chance = random.Random(7)  # noqa: S311 - the same games each time
    began = time.perf_counter()
    await asyncio.gather(*(table.play(chance, pause) for table in tables))
    seconds = time.perf_counter() - began
    latencies = [latency for table in tables for latency in table.latencies]
    percentiles = statistics.quantiles(latencies, n=100)
    return Measured(len(latencies) / seconds, percentiles[49], percentiles[98])


@asynccontextmanager
async def yardstick_tables(games: int) -> AsyncIterator[list[Table]]:
    """Games on the yardstick."""
    command = [sys.executable, "-m", "tests.benchmarks.yardstick", str(BOARD.rows)]
    with server_process(command) as first_line:
        port = int(first_line)
        tables = []
        for number in range(games):
            wires = (await Wire.connect(port), await Wire.connect(port))
            for wire in wires:
                wire.send(f"game/{number}")
            tables.append(Table(f"game/{number}", wires, Position.start(BOARD)))
        await asyncio.sleep(0.5)
        yield tables


@asynccontextmanager
async def our_tables(games: int) -> AsyncIterator[list[Table]]:
    """Games on a real server with real players, in seats by way of the lobby."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "clouds_edges", "serve", "--host", "127.0.0.1"]
        with server_process([*command, "--port", "0", "--data", folder]) as first_line:
            port = int(first_line.split("port ")[1].split(",")[0])
            yield [await _seated(port, number) for number in range(games)]


async def _seated(port: int, number: int) -> Table:
    wires = (await _player(port, f"a{number}"), await _player(port, f"b{number}"))
    board = {"rows": BOARD.rows, "cols": BOARD.cols}
    opened = await told(
        wires[0],
        order("lobby/main", {"kind": "open_game", "board": board}),
        watch("lobby/main"),
        until="lobby_is",
    )
    game = max(
        opened["lobby"]["tables"].values(),
        key=lambda table: not table["is_playing"],
    )["game"]
    await told(
        wires[1],
        order("lobby/main", {"kind": "join_game", "game": game}),
        until="accepted",
    )
    for wire in wires:
        wire.send(json.dumps({"kind": "unwatch", "stream": "lobby/main"}))
        await told(wire, watch(f"game/{game}"), until="happened")
    await asyncio.sleep(0.01)  # the start itself, when the watching was faster
    return Table(f"game/{game}", wires, Position.start(BOARD, first=1))


async def _player(port: int, name: str) -> Wire:
    wire = await Wire.connect(port)
    await told(wire, hello(f"ce1_{secrets.token_urlsafe(32)}", name), until="welcome")
    return wire


def hello(token: str, name: str) -> dict[str, Any]:
    return {"kind": "hello", "protocol": PROTOCOL_VERSION, "token": token, "name": name}


def order(stream: str, command: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "give_order", "id": secrets.token_hex(8), "stream": stream, "command": command}


def watch(stream: str) -> dict[str, Any]:
    return {"kind": "watch", "stream": stream}


async def told(wire: Wire, *messages: dict[str, Any], until: str) -> dict[str, Any]:
    """Send messages, and wait for the first of a kind that comes back."""
    found: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def on_frame(frame: bytes) -> None:
        message = json.loads(frame)
        if message["kind"] == "refused":
            raise AssertionError(message)
        if message["kind"] == until and not found.done():
            found.set_result(message)

    wire.on_frame = on_frame
    for message in messages:
        wire.send(json.dumps(message))
    async with asyncio.timeout(10):
        return await found


@contextmanager
def server_process(command: list[str]) -> Iterator[str]:
    """A server as a process of its own; the first line that it prints."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            yield process.stdout.readline()
        finally:
            process.terminate()
