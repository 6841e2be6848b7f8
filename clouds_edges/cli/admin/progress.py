"""Progress bars, on the terminal behind stderr if there is one."""

from __future__ import annotations

from io import BufferedReader
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import RawIOBase
    from pathlib import Path

    from rich.progress import Progress

_BUFFER: Final = 1 << 18
"""How many bytes of a file are read between two steps of its bar."""


def progress() -> Progress:
    """A place for bars, which are gone when it is left."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


def opened(bars: Progress, path: Path) -> Callable[[str], BufferedReader]:
    """What opens a file for reading, and shows how much of it has been read."""

    def opened_for(what: str) -> BufferedReader:
        file = cast("RawIOBase", bars.open(path, "rb", description=what))  # annotated as less
        return BufferedReader(file, _BUFFER)

    return opened_for


def counting(bars: Progress, what: str) -> Callable[[int, int], None]:
    """What moves a bar when it is told how much has been done, and of how much."""
    bar = bars.add_task(what, total=None)
    return lambda done, of: bars.update(bar, completed=done, total=of)
