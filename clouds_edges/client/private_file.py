"""Files that only their owner reads, changed as a whole or not at all."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE: Final = 8 * 1024 * 1024
"""Bytes of a file that is read; none is ever written that has more."""
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)
"""For a pipe, so that opening it does not wait for somebody at its other end."""


def read_file(path: Path) -> bytes:
    """All that is in a file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is a pipe or a device, of which nobody knows whether it ever ends, or too
            large to be one of ours.
    """
    with open(path, "rb", opener=_opened_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            message = f"{path} is no regular file"
            raise ValueError(message)
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        message = f"{path} has more than the {LARGEST_FILE} bytes that are read of a file"
        raise ValueError(message)
    return content


def replace_file(path: Path, text: str) -> None:
    """Replace the file at once, so that a crash leaves the old one or the new one.

    Its folder, which is made if it is not there, is closed to everybody else.

    Raises:
        OSError: It cannot be written.
    """
    fresh = path.with_suffix(f".{os.getpid()}.new")
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    path.parent.chmod(_FOLDER_MODE)
    fresh.unlink(missing_ok=True)  # so that its mode is ours
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)


def _opened_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_WAIT)
