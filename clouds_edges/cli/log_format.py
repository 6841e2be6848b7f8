"""How the log is written, which people read in a terminal."""

from __future__ import annotations

import logging
from typing import Final

from clouds_edges.client.clean_text import cleaned

_NEXT_LINE: Final = "\n    "
"""What a record has more than one line of is indented: nobody else's text begins a record."""


class LogFormat(logging.Formatter):
    """Time, level and message; whatever is in them or in a traceback steers no terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        return _NEXT_LINE.join(map(cleaned, super().format(record).split("\n")))


def log_to(handler: logging.Handler) -> None:
    """Have all that is logged written there."""
    handler.setFormatter(LogFormat())
    logging.getLogger().addHandler(handler)
