"""A server that acknowledges lines before they are recorded: the control of the kills.

All of it is the real program; only, what it writes to its log is kept in memory, and goes to the
file now and then. Run it like the program: `python -m tests.faults.hasty_server serve …`.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final

import apsw

from clouds_edges.__main__ import main

_LATER: Final = 0.15
"""Seconds between two times at which what was written goes to the file."""


class _HastyDisk(apsw.VFS):
    """A disk that says it is done when it has begun."""

    def __init__(self) -> None:
        super().__init__("hasty", "unix", makedefault=True)
        self.contents: dict[str, bytearray] = {}
        self.waiting: list[tuple[str, int, bytes | None]] = []
        """What is to be written, where; None cuts the file off."""
        self.lock = threading.Lock()

    def xOpen(  # noqa: N802 - named by APSW
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not Path(path).name.startswith("events.db"):
            return apsw.VFSFile("unix", name, flags)
        return _HastyFile(self, path, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: FBT001, N802 - as above
        self.write_out()
        super().xDelete(name, syncdir)
        self.contents.pop(name, None)

    def write_out(self) -> None:
        """Let the files be what they are said to be."""
        with self.lock:
            for path, offset, data in self.waiting:
                with Path(path).open("r+b", buffering=0) as file:
                    if data is None:
                        file.truncate(offset)
                    else:
                        file.seek(offset)
                        file.write(data)
            self.waiting.clear()

    def write_out_now_and_then(self) -> None:
        """For a thread of its own."""
        while True:
            time.sleep(_LATER)
            self.write_out()


class _HastyFile(apsw.VFSFile):
    """An open file; all who have it open see the same."""

    def __init__(
        self, disk: _HastyDisk, path: str, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._path = path
        with disk.lock:
            self._content = disk.contents.setdefault(path, bytearray(Path(path).read_bytes()))

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802 - named by APSW
        with self._disk.lock:
            return bytes(self._content[offset : offset + amount])

    def xFileSize(self) -> int:  # noqa: N802 - as above
        return len(self._content)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - as above
        with self._disk.lock:
            self._content.extend(bytes(max(0, offset - len(self._content))))
            self._content[offset : offset + len(data)] = data
            self._disk.waiting.append((self._path, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802 - as above
        with self._disk.lock:
            del self._content[size:]
            self._disk.waiting.append((self._path, size, None))

    def xSync(self, _flags: int) -> None: ...  # noqa: N802 - as above


if __name__ == "__main__":
    _DISK = _HastyDisk()
    threading.Thread(target=_DISK.write_out_now_and_then, daemon=True).start()
    main()
