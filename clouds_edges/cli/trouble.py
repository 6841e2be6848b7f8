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
    """Turn trouble into a sentence and an exit code; a server's words cannot steer the terminal."""
    try:
        yield
    except Trouble as trouble:
        sentence = "".join(one if one.isprintable() else "?" for one in str(trouble))
        sys.stderr.write(f"clouds-edges: {sentence}\n")
        raise SystemExit(EXIT_TROUBLE) from None
