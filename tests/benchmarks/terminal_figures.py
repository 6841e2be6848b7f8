"""What a user waits for: help, the first picture, and a key's way to the board."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pexpect

from tests.benchmarks.figure import Figure

_RUNS = 7
_KEYS = 40
_HELP = 0.200
_PAINT = 0.600
_KEY = 0.020
_QUIET = 0.05
_BYTES = 1024
_COMMAND = [sys.executable, "-m", "clouds_edges"]


def measure() -> list[Figure]:
    """Each in a real pseudo-terminal of 80x24."""
    help_seconds = statistics.median(_help() for _ in range(_RUNS))
    bare_seconds = statistics.median(_bare_python() for _ in range(_RUNS))
    paint_seconds = statistics.median(_first_paint() for _ in range(_RUNS))
    key_seconds, key_bytes = _keys()
    return [
        Figure("yardstick: python -c pass", f"{bare_seconds * 1e3:.0f} ms"),
        Figure("--help", f"{help_seconds * 1e3:.0f} ms", "< 200 ms", help_seconds < _HELP),
        Figure(
            "first paint, its own server included",
            f"{paint_seconds * 1e3:.0f} ms",
            "< 600 ms",
            paint_seconds < _PAINT,
        ),
        Figure(
            "cursor key to the last byte on the screen, median",
            f"{key_seconds * 1e3:.1f} ms",
            "< 20 ms",
            key_seconds < _KEY,
        ),
        Figure("bytes a cursor move, median", f"{key_bytes:.0f}", "< 1,024", key_bytes < _BYTES),
    ]


def _help() -> float:
    return _seconds([*_COMMAND, "--help"])


def _bare_python() -> float:
    return _seconds([sys.executable, "-c", "pass"])


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    return time.perf_counter() - began


def _first_paint() -> float:
    with TemporaryDirectory() as home:
        began = time.perf_counter()
        child = _spawn(home)
        child.expect("keyboard")
        seconds = time.perf_counter() - began
        child.terminate(force=True)
        return seconds


def _keys() -> tuple[float, float]:
    """Seconds from a cursor key to the last byte of what it changes, and how many bytes."""
    with TemporaryDirectory() as home:
        child = _spawn(home)
        child.expect("Hello")
        child.send("b")
        child.expect("Board")
        child.send("\r")
        child.expect("Your turn")
        _drain(child)
        answers = []
        for number in range(_KEYS):
            began = time.perf_counter()
            child.send("\x1b[C" if number % 2 else "\x1b[D")
            answers.append(_answer(child, began))
        child.terminate(force=True)
        return (
            statistics.median(seconds for seconds, _ in answers),
            statistics.median(count for _, count in answers),
        )


def _answer(child: pexpect.spawn[str], began: float) -> tuple[float, int]:
    last, count = began, 0
    while True:
        try:
            count += len(child.read_nonblocking(65536, timeout=_QUIET).encode())
            last = time.perf_counter()
        except pexpect.TIMEOUT:
            return last - began, count


def _drain(child: pexpect.spawn[str]) -> None:
    _answer(child, 0.0)


def _spawn(home: str) -> pexpect.spawn[str]:
    folders = {
        f"XDG_{name}_HOME": str(Path(home) / name.lower())
        for name in ("DATA", "CONFIG", "STATE", "CACHE")
    }
    environment = {
        **os.environ, **folders, "HOME": home, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"
    }  # fmt: skip
    child = pexpect.spawn(
        _COMMAND[0],
        [*_COMMAND[1:], "play", "--name", "Ann"],
        env=environment,
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=20,
    )
    child.delaybeforesend = None  # by default it waits 50 ms, as a typist would
    return child
