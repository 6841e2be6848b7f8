"""From the start of a server on a large log to the first line it accepts."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from clouds_edges.eventsourcing.process_file import Change, ProcessFile
from clouds_edges.rules import Board
from tests.benchmarks.big_log import write_big_log
from tests.benchmarks.figure import Figure
from tests.benchmarks.line_path import hello, order, server_process, told, watch
from tests.benchmarks.reading import reading_system
from tests.benchmarks.wire import Wire

_MOST_SECONDS: Final = 2.0
_STARTS: Final = 3
_BOARD: Final = Board(3, 3)


def measure(events: int) -> list[Figure]:
    """Start servers on a log of so many events; whatever follows it has come to its end.

    The client waits for the lobby too, before it draws: so does that of a player.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_big_log(folder / "events.db", events)
        return measure_in(folder, events)


def measure_in(folder: Path, events: int) -> list[Figure]:
    """The same with a log that is there already, and has room for a game more."""
    asyncio.run(_let_all_catch_up(folder))
    token = f"ce1_{secrets.token_urlsafe(32)}"
    stream, lines = asyncio.run(_game_begun(folder, token))
    times = [asyncio.run(_seconds_to_a_line(folder, token, stream, lines)) for _ in range(_STARTS)]
    for file in folder.glob("snapshots.db*"):
        file.unlink()
    without = asyncio.run(_seconds_to_a_line(folder, token, stream, lines))
    return [
        Figure(
            f"start on {events:,} events to the first accepted line",
            f"{max(times):.2f} s, the slowest of {_STARTS}",
            f"under {_MOST_SECONDS:.0f} s",
            max(times) < _MOST_SECONDS,
        ),
        Figure("the same without snapshots", f"{without:.2f} s"),
    ]


async def _let_all_catch_up(folder: Path) -> None:
    """As if the server had been there all the time: what the processes would do has been done."""
    async with reading_system(folder) as system:
        await system.feed.find_end()
        names, known = [*system.processes], system.feed.last
    with closing(ProcessFile(folder / "processes.db")) as file:
        for name in names:
            await file.save(name, Change(known.position, known))


async def _game_begun(folder: Path, token: str) -> tuple[str, Iterator[str]]:
    """A game at one keyboard, and its lines."""
    with server_process(_command(folder)) as first_line:
        wire = await _greeted(first_line, token)
        opening = {
            "kind": "open_game",
            "board": {"rows": _BOARD.rows, "cols": _BOARD.cols},
            "neighbours": ["Granny"],
        }
        accepted = await told(wire, order("lobby/main", opening), until="accepted")
        shown = await told(wire, watch("lobby/main"), until="lobby_is")
        assert shown["version"] >= accepted["version"]
        *_, game = shown["lobby"]["tables"]
        stream = f"game/{game}"
        begun = await told(wire, watch(stream), until="happened")
        while begun["version"] == 0 or begun["stream"] != stream:
            begun = await told(wire, until="happened")
        wire.close()
    return stream, iter(map(str, _BOARD.lines))


async def _seconds_to_a_line(folder: Path, token: str, stream: str, lines: Iterator[str]) -> float:
    began = time.perf_counter()
    with server_process(_command(folder)) as first_line:
        wire = await _greeted(first_line, token)
        await told(wire, watch("lobby/main"), until="lobby_is")
        drawing = {"kind": "draw_line", "line": next(lines)}
        await told(wire, order(stream, drawing), until="accepted")
        seconds = time.perf_counter() - began
        wire.close()
    return seconds


async def _greeted(first_line: str, token: str) -> Wire:
    wire = await Wire.connect(int(first_line.split("port ")[1].split(",", maxsplit=1)[0]))
    await told(wire, hello(token, "Zoe"), until="welcome")
    return wire


def _command(folder: Path) -> list[str]:
    serve = [sys.executable, "-m", "clouds_edges", "serve", "--host", "127.0.0.1", "--port", "0"]
    return [*serve, "--data", str(folder)]
