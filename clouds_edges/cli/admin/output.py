"""Where bytes go that a command was asked for: a file, or the standard output."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from clouds_edges.cli.trouble import EXIT_TROUBLE, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def written_to(output: str) -> Iterator[Callable[[bytes], object]]:
    """What writes to the file with this name, or for `-` to the standard output.

    A file is there only when all of it is written; it is for its owner alone to read.

    Raises:
        Trouble: It cannot be written.
    """
    try:
        with _standard_output() if output == "-" else _file(Path(output)) as write:
            yield write
    except BrokenPipeError:
        _forget_standard_output()
        raise SystemExit(EXIT_TROUBLE) from None  # who reads has gone, and does not want more
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}"
        raise Trouble(message) from error


@contextmanager
def _standard_output() -> Iterator[Callable[[bytes], object]]:
    if sys.stdout.isatty():
        message = "the log is not for the screen: write it to a file with -o, or into a pipe"
        raise Trouble(message)
    yield sys.stdout.buffer.write
    sys.stdout.buffer.flush()


@contextmanager
def _file(path: Path) -> Iterator[Callable[[bytes], object]]:
    beside = path.with_name(f"{path.name}.partial")
    try:
        with open(beside, "wb", opener=_opened_privately) as file:
            yield file.write
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _opened_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _forget_standard_output() -> None:
    """Let nothing that is still buffered be an error when the program ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
