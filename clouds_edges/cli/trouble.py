"""Trouble at the command line: one sentence on stderr, an exit code, no traceback."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

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
        sys.stderr.write(f"clouds-edges: {trouble}\n")
        raise SystemExit(EXIT_TROUBLE) from None
