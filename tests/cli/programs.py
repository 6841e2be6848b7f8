"""The program as people start it, away from the files of who runs the tests."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

PATIENCE: Final = 30
PROGRAM: Final = (sys.executable, "-m", "clouds_edges")


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a program."""

    code: int
    out: str
    err: str


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment in which every file of the user is below `home`."""
    folders = {f"XDG_{name}_HOME": str(home / name) for name in ("DATA", "STATE", "CONFIG")}
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), **folders, "XDG_CACHE_HOME": str(home / "CACHE"), **more}


def run(home: Path, *arguments: str, typed: str = "") -> Ended:
    """Run the program to its end, without a terminal; it reads what somebody typed."""
    ended = subprocess.run(  # noqa: S603 - our own program
        [*PROGRAM, *arguments],
        env=environment(home),
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def run_with(home: Path, *arguments: str, redirected: str = "", **more: str) -> Ended:
    """Run the program to its end from a shell, its streams redirected, in an environment."""
    ended = subprocess.run(  # noqa: S603 - our own program
        ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", *PROGRAM, *arguments],
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    out, err = (said.decode(errors="replace") for said in (ended.stdout, ended.stderr))
    return Ended(ended.returncode, out, err)


def run_on_terminal(home: Path, *arguments: str, term: str = "xterm-256color") -> Ended:
    """Run the program to its end, on a terminal, which shows out and err as one."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, *arguments],
        env=environment(home, TERM=term),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b"".join(_pieces(ours))
        os.close(ours)
        code = process.wait(PATIENCE)
    return Ended(code, shown.decode(), "")


def _pieces(terminal: int) -> Iterator[bytes]:
    deadline = time.monotonic() + PATIENCE
    while select.select([terminal], [], [], deadline - time.monotonic())[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # nobody is at the other end any more
            return
        yield piece


@contextmanager
def serving(
    home: Path, *arguments: str, **more: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server that has said where it is, and what it said; `more` is in its environment."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "serve", *arguments],
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process, _said_up_to("stop with Ctrl-C", process.stdout)
        finally:
            process.kill()


def _said_up_to(words: str, output: IO[str]) -> str:
    said = ""
    for line in output:
        said += line
        if words in line:
            return said
    message = f"the server ended, having said: {said}"
    raise AssertionError(message)
