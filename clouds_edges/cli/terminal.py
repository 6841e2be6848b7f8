"""What the client needs of a terminal, and where it writes what a terminal cannot show."""

from __future__ import annotations

import os
import sys

from clouds_edges.cli.trouble import Trouble


def check_terminal() -> None:
    """Make sure that there is a screen to draw on and a keyboard to read.

    Raises:
        Trouble: There is not.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream is not None and stream.isatty() for stream in streams):
        message = "playing needs a terminal: run it without pipes or redirection"
        raise Trouble(message)
    term = os.environ.get("TERM", "")
    if term in {"", "dumb", "unknown"} and os.name == "posix":
        message = f"this terminal (TERM={term}) cannot be drawn on: use another, or set TERM"
        raise Trouble(message)


def is_unicode() -> bool:
    """Whether the terminal's encoding has characters for drawing boards."""
    return (sys.stderr.encoding or "").lower().replace("-", "").startswith("utf")


def log_to_file() -> None:
    """Write the log where it does not disturb the screen."""
    import logging

    import platformdirs

    from clouds_edges.cli.log_format import log_to

    folder = platformdirs.user_log_path("clouds-edges")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log_to(logging.FileHandler(folder / "play.log", errors="backslashreplace"))
    except OSError as error:
        message = f"the log folder {folder} cannot be written: {error.strerror}"
        raise Trouble(message) from error


def check_name(name: str) -> None:
    """Make sure before anything is drawn that a name can be had.

    Raises:
        Trouble: It cannot; with the rule that it breaks.
    """
    from clouds_edges.domain.players import names
    from clouds_edges.domain.refusals import NameUnacceptable

    try:
        names.check_name(name)
    except NameUnacceptable as refusal:
        message = f"--name: {refusal}"
        raise Trouble(message) from refusal
