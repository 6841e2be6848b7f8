"""A program in a pseudo-terminal of its own, and what somebody would see there."""

import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

import pexpect
import pyte

PATIENCE: Final = 15.0
_PROGRAM: Final = ("-m", "clouds_edges")
_SIZE: Final = (80, 24)
_STANDS_STILL: Final = 0.25
_ONE_READ: Final = 65_536
_LOCAL_MODES: Final = 3
_KEYS: Final = {
    "enter": "\r",
    "escape": "\x1b",
    "space": " ",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "ctrl+c": "\x03",
    "ctrl+d": "\x04",
    "ctrl+q": "\x11",
    "ctrl+w": "\x17",
}


class Terminal:
    """Runs `clouds-edges`, or another program of Python, with these arguments.

    `home` holds everything that it writes.

    There is no thread: the screen follows while somebody waits for something.
    """

    def __init__(
        self,
        *arguments: str,
        home: Path,
        size: tuple[int, int] = _SIZE,
        program: Sequence[str] = _PROGRAM,
    ) -> None:
        columns, rows = size
        self.said = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._arguments = arguments
        self._process = pexpect.spawn(
            sys.executable,
            [*program, *arguments],
            dimensions=(rows, columns),
            env=_surroundings(home),
            cwd=str(home),
            timeout=PATIENCE,
        )
        self._process.delaybeforesend = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def text(self) -> str:
        """The rows of the screen."""
        return "\n".join(row.rstrip() for row in self._screen.display)

    @property
    def is_cooked(self) -> bool:
        """Whether what is typed is shown and read by lines, as a shell wants it."""
        modes = termios.tcgetattr(self._process.child_fd)[_LOCAL_MODES]
        return bool(modes & termios.ECHO and modes & termios.ICANON)

    def cell(self, x: int, y: int) -> str:
        """One character of the screen."""
        return str(self._screen.buffer[y][x].data)

    def press(self, *keys: str) -> None:
        """Press keys by name, or by the character they give."""
        for key in keys:
            self._process.send(_KEYS.get(key, key))

    def type(self, text: str) -> None:
        """Type text, character by character."""
        self.press(*text)

    def wait_for(self, *texts: str, seconds: float = PATIENCE) -> str:
        """Wait until one of these is on the screen; which one."""
        self.wait_until(lambda: any(text in self.text for text in texts), str(texts), seconds)
        return next(text for text in texts if text in self.text)

    def wait_until(
        self, condition: Callable[[], bool], wanted: str, seconds: float = PATIENCE
    ) -> None:
        """Follow the output until this holds; fail with the screen if it takes too long."""
        deadline = time.monotonic() + seconds
        self._catch_up()
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or not self._follow(left):
                name = " ".join(self._arguments)
                message = f"{name}: waited in vain for {wanted}; the screen:\n{self.text}"
                raise AssertionError(message)
            self._catch_up()

    def wait_until_still(self, seconds: float = PATIENCE) -> None:
        """Wait until the picture stands still: a dialog that is just being drawn loses keys."""
        deadline = time.monotonic() + seconds
        while self._follow(_STANDS_STILL) and time.monotonic() < deadline:
            pass

    def wait_for_end(self, seconds: float = PATIENCE) -> int:
        """Wait until the program has ended; its exit code, or minus the signal that ended it."""
        deadline = time.monotonic() + seconds
        while self._follow(max(0.0, deadline - time.monotonic())):
            pass
        if time.monotonic() >= deadline:
            message = f"{' '.join(self._arguments)} does not end; the screen:\n{self.text}"
            raise AssertionError(message)
        self._process.wait()
        if self._process.exitstatus is not None:
            return int(self._process.exitstatus)
        return -int(self._process.signalstatus)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self._process.kill(number)

    def kill(self) -> None:
        """End the program as a crash or an empty battery does."""
        self.signal(signal.SIGKILL)
        assert self.wait_for_end() == -signal.SIGKILL

    def hang_up(self) -> None:
        """Close the window, and wait until the program has noticed."""
        self._process.ptyproc.fileobj.close()
        self._process.wait()

    def close(self) -> None:
        """Close the window and end the program, whatever is going on in it."""
        self._process.close(force=True)

    def _catch_up(self) -> None:
        while self._follow(0):
            pass

    def _follow(self, seconds: float) -> bool:
        """Take what the program says within this time; whether there was anything."""
        try:
            said = self._process.read_nonblocking(_ONE_READ, timeout=seconds)
        except (pexpect.TIMEOUT, pexpect.EOF):
            return False
        self.said += said
        self._stream.feed(said)
        return True


def _surroundings(home: Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    folders = {name: str(home / name) for name in ("DATA", "CONFIG", "STATE", "CACHE")}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        **{f"XDG_{name}_HOME": folder for name, folder in folders.items()},
    }
