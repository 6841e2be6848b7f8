"""Where bytes go that a command was asked for: a file, or the standard output."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from clouds_edges.cli.streams import forget
from clouds_edges.cli.trouble import EXIT_TROUBLE, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def written_to(output: str, log: Path) -> Iterator[Callable[[bytes], object]]:
    """What writes to the file with this name, or for `-` to the standard output.

    A file is there only when all of it is written; it is for its owner alone to read. What is no
    file, such as a pipe or a device, is written into, and stays what it is.

    Raises:
        Trouble: It cannot be written, or lies where the server has the log and all else.
    """
    try:
        with _standard_output() if output == "-" else _named(Path(output), log) as write:
            yield write
    except BrokenPipeError:
        raise SystemExit(EXIT_TROUBLE) from None  # who reads has gone, and does not want more
    except OSError as error:
        name = "the standard output" if output == "-" else output
        message = f"{name} cannot be written: {error.strerror}"
        raise Trouble(message) from error


@contextmanager
def _standard_output() -> Iterator[Callable[[bytes], object]]:
    if sys.stdout is None:
        message = "the standard output is closed: write the log to a file with -o, or into a pipe"
        raise Trouble(message)
    if sys.stdout.isatty():
        message = "the log is not for the screen: write it to a file with -o, or into a pipe"
        raise Trouble(message)
    try:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
    except OSError:
        forget(sys.stdout)
        raise


@contextmanager
def _named(path: Path, log: Path) -> Iterator[Callable[[bytes], object]]:
    if _is_there(path) and not path.is_file():
        with os.fdopen(os.open(path, os.O_WRONLY), "wb") as file:
            yield file.write
        return
    target = Path(os.path.realpath(path))  # a link stays one
    for folder in (log.parent.resolve(), log.resolve().parent):
        if target.is_relative_to(folder):
            message = f"{path} lies in {folder}, which is the server's own: write it elsewhere"
            raise Trouble(message)
    with _replaced(target) as write:
        yield write


def _is_there(path: Path) -> bool:
    """Whether there is something with this name; links in a circle are an `OSError`."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _replaced(path: Path) -> Iterator[Callable[[bytes], object]]:
    """Write beside under a name that nobody can guess, for the owner alone, then rename."""
    descriptor, name = mkstemp(prefix=".clouds-edges-", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file.write
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise
