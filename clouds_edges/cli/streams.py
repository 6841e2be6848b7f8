"""The standard streams, which are not always as one would like them."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from typing import TextIO


def show_what_can_be_shown() -> None:
    """Let a character that the encoding of a stream does not have be a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def forget(stream: TextIO) -> None:
    """Let nothing that is still buffered be an error when the program ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
