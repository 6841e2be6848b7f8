"""Trouble at the command line: one sentence on stderr, an exit code, no traceback."""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from clouds_edges.cli.streams import forget
from clouds_edges.client.clean_text import cleaned

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIT_TROUBLE: Final = 1


class Trouble(Exception):
    """Something outside the program is not as it has to be; the message says what to do."""


@contextmanager
def told_kindly() -> Iterator[None]:
    """Turn trouble into a sentence and an exit code."""
    try:
        yield
    except Trouble as trouble:
        _tell(str(trouble))
        raise SystemExit(EXIT_TROUBLE) from None
    except OSError as error:
        if error.filename is not None:
            raise  # whoever opens a file tells what is wrong with it
        forget(sys.stdout)
        _tell(f"what there is to show cannot be written: {error.strerror}")
        raise SystemExit(EXIT_TROUBLE) from None


def _tell(sentence: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"clouds-edges: {cleaned(sentence)}\n")
    except OSError:  # then nobody can be told
        forget(sys.stderr)


@contextmanager
def clean_traces() -> Iterator[None]:
    """Have the trace of a bug shown as all other text: what is in its message is foreign."""
    try:
        yield
    except Exception as bug:  # noqa: BLE001 - not handled, only shown
        lines = "".join(traceback.format_exception(bug)).splitlines()
        if sys.stderr is not None:
            sys.stderr.write("".join(f"{cleaned(line)}\n" for line in lines))
        raise SystemExit(EXIT_TROUBLE) from None


@contextmanager
def of_the_store() -> Iterator[None]:
    """Turn what a store or a log file is in trouble with into trouble of the command."""
    from clouds_edges.eventsourcing.errors import LogFileRefused, StoreUnavailable

    try:
        yield
    except (StoreUnavailable, LogFileRefused) as error:
        raise Trouble(str(error)) from error
