"""A disk of which it is known what has reached it, and which fails when it is told to.

It stands under SQLite in the place of the operating system's files: whatever is opened while it
is in place goes through it, and the code under test opens its files as ever. What is written can
be read at once, but has reached the disk only when it was flushed; what could not be flushed
never does, though a later flush may well succeed (as on Linux, see Rebello et al., "Can
Applications Recover from fsync Failures?", USENIX ATC 2020).
"""

from __future__ import annotations

import random
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Final, TypeAlias

import apsw

_SECTOR: Final = 512


class Call(StrEnum):
    """What a file is asked to do."""

    WRITE = "write"
    SYNC = "sync"
    TRUNCATE = "truncate"


_ERRORS: Final = {
    Call.WRITE: apsw.SQLITE_IOERR_WRITE,
    Call.SYNC: apsw.SQLITE_IOERR_FSYNC,
    Call.TRUNCATE: apsw.SQLITE_IOERR_TRUNCATE,
}


def io_error(call: Call) -> Exception:
    """What SQLite says when the operating system fails in this."""
    error = apsw.exception_for(_ERRORS[call])
    error.args = ("disk I/O error",)
    return error


@dataclass(frozen=True, slots=True)
class Asked:
    """A call, before it is done; `grows_by` is how many bytes longer it makes the file."""

    call: Call
    file: str
    grows_by: int = 0


Fault: TypeAlias = Callable[[Asked], None]
"""Hears of every call from whichever thread it comes; what it raises is what the call leads to."""
Image: TypeAlias = dict[str, bytes]
"""What is on the disk, by the names of the files."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Bytes written at an offset; None cuts the file off there."""

    offset: int
    data: bytes | None

    def apply(self, content: bytearray) -> None:
        if self.data is None:
            del content[self.offset :]
            return
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(self.data)] = self.data

    def torn(self, chance: random.Random) -> _Change:
        """As much of it as was written when the power went: some whole sectors."""
        if not self.data:
            return self
        return _Change(self.offset, self.data[: chance.randrange(0, len(self.data), _SECTOR)])


@dataclass(slots=True)
class _File:
    """What has reached the disk of a file, and what is on the way."""

    durable: bytearray
    pending: list[_Change] = field(default_factory=list)

    def flush(self) -> None:
        for change in self.pending:
            change.apply(self.durable)
        self.pending.clear()

    def after_cut(self, chance: random.Random) -> bytes:
        """What the disk holds when the power goes: of what is on the way, a random half."""
        content = bytearray(self.durable)
        arrived = [change for change in self.pending if chance.random() < 0.5]
        if arrived:
            arrived[-1] = arrived[-1].torn(chance)
        for change in arrived:
            change.apply(content)
        return bytes(content)


def _does_nothing(_asked: Asked) -> None: ...


class Disk(apsw.VFS):
    """The disk; made by `disk_in_place`."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "unix", makedefault=True)
        self.fault: Fault = _does_nothing
        self._files: dict[str, _File] = {}
        self._lock = threading.RLock()

    def after_cut(self, folder: Path, chance: random.Random) -> Image:
        """What the files of a folder would be if the power went now."""
        with self._lock:
            return {
                Path(name).name: file.after_cut(chance)
                for name, file in self._files.items()
                if Path(name).parent == folder
            }

    def kill_into(self, folder: Path, other: Path) -> None:
        """Leave in another folder what a killed process leaves: all it wrote, flushed or not."""
        other.mkdir()
        with self._lock:
            for name, file in tuple(self._files.items()):
                if Path(name).parent == folder and Path(name).exists():
                    copy = other / Path(name).name
                    shutil.copyfile(name, copy)
                    self._files[str(copy)] = _File(bytearray(file.durable), [*file.pending])

    def xOpen(  # noqa: N802 - named by APSW
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return apsw.VFSFile("unix", name, flags)
        file = _DiskFile(self, path, name, flags)
        with self._lock:
            if path not in self._files:
                self._files[path] = _File(bytearray(Path(path).read_bytes()))
        return file

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802, FBT001 - as above
        super().xDelete(name, syncdir)
        with self._lock:
            self._files.pop(name, None)

    def excepthook(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> bool:
        """Say nothing: SQLite is told of the fault, and what it makes of it is the test."""
        return True

    def write(self, file: _DiskFile, data: bytes, offset: int) -> None:
        """Do what a file was asked to, unless there is a fault."""
        size = file.xFileSize()
        self.fault(Asked(Call.WRITE, file.path, max(0, offset + len(data) - size)))
        with self._lock:
            apsw.VFSFile.xWrite(file, data, offset)
            self._files[file.path].pending.append(_Change(offset, bytes(data)))

    def truncate(self, file: _DiskFile, size: int) -> None:
        """As above."""
        self.fault(Asked(Call.TRUNCATE, file.path))
        with self._lock:
            apsw.VFSFile.xTruncate(file, size)
            self._files[file.path].pending.append(_Change(size, None))

    def sync(self, file: _DiskFile) -> None:
        """As above; what is on the way is lost with a fault."""
        with self._lock:
            try:
                self.fault(Asked(Call.SYNC, file.path))
                self._files[file.path].flush()
            finally:
                self._files[file.path].pending.clear()


class _DiskFile(apsw.VFSFile):
    """An open file: its bytes are in a real one, its state with the disk."""

    def __init__(
        self, disk: Disk, path: str, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("unix", name, flags)
        self.path = path
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - named by APSW
        self._disk.write(self, data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - as above
        self._disk.truncate(self, size)

    def xSync(self, _flags: int) -> None:  # noqa: N802 - as above
        self._disk.sync(self)

    def excepthook(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> bool:
        """As that of the disk."""
        return True


@contextmanager
def disk_in_place(name: str = "disk") -> Iterator[Disk]:
    """Let whatever is opened meanwhile go through a new disk; all of it must be closed within."""
    disk = Disk(name)
    try:
        yield disk
    finally:
        disk.unregister()


def write_out(image: Image, folder: Path, names: Sequence[str]) -> None:
    """Make a folder that holds files of an image."""
    folder.mkdir()
    for name in names:
        if name in image:
            (folder / name).write_bytes(image[name])
