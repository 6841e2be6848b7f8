"""Receipts: how far each stream of one server had come when it was last told or acknowledged.

An event log can be put back to an older copy, or rewritten by who runs the server. Who keeps the
head of a chain notices: it stands for everything before it.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias, TypeVar

from pydantic import TypeAdapter

from clouds_edges.client.private_file import LARGEST_FILE, read_file, replace_file
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import LARGEST_VERSION, LONGEST_ID, Receipt

if TYPE_CHECKING:
    from pathlib import Path

K = TypeVar("K")
V = TypeVar("V")

MOST_STREAMS: Final = 256
"""How many streams of a server are remembered, those that were told of last."""
MOST_SERVERS: Final = 64
"""Fewer, if their streams have names so long that the file could not be read again."""
LONGEST_TITLE: Final = 200
"""Characters of what a stream is called: a server may say what it likes."""
_HEAD: Final = re.compile(r"[0-9a-f]{64}")
_REST: Final = 0.5
"""Seconds between two changes of the file."""
_LOG: Final = logging.getLogger(__name__)


class ReceiptsLost(Exception):
    """What was kept cannot be read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a stream: its receipt, what people call it, and our own last line in it."""

    version: int
    head: str
    title: str = ""
    line: str = ""
    line_version: int = 0


_Streams: TypeAlias = dict[StreamName, Kept]
"""In the order in which they were last told of."""
_FILE: Final[TypeAdapter[dict[str, _Streams]]] = TypeAdapter(dict[str, _Streams])


class Receipts:
    """The receipts of one server, the newest of each stream."""

    def __init__(self, file: ReceiptFile | None = None) -> None:
        """Begin with what the file has; without one, nothing outlives the program."""
        self.trouble = ""
        """Why the file has nothing of what was kept before; nothing if it has."""
        self._file = file
        self._kept: _Streams = {}
        if file is not None:
            try:
                self._kept = file.read()
            except ReceiptsLost as lost:
                self.trouble = str(lost)
        self._changes: dict[StreamName, Kept | None] = {}
        self._changed = asyncio.Event()
        self._saving = asyncio.Lock()

    def of(self, stream: StreamName) -> Kept | None:
        """What is kept of a stream."""
        return self._kept.get(stream)

    def all(self) -> tuple[Receipt, ...]:
        """Every receipt."""
        return tuple(
            Receipt(stream=stream, version=kept.version, head=kept.head)
            for stream, kept in self._kept.items()
        )

    def keep(self, stream: StreamName, version: int, head: str | None, title: str = "") -> None:
        """Keep a receipt, unless it is none or there is a newer one."""
        kept = self._kept.get(stream)
        is_older = kept is not None and version < kept.version
        if head is None or is_older or not _is_receipt(stream, version, head):
            return
        kept = kept or Kept(0, "")
        title = title[:LONGEST_TITLE] or kept.title
        self._change(stream, replace(kept, version=version, head=head, title=title))

    def keep_line(self, stream: StreamName, version: int, line: str) -> None:
        """Keep our own last line of a game whose receipt is kept."""
        kept = self._kept.get(stream)
        if kept is not None and version >= kept.line_version:
            self._change(stream, replace(kept, line=line, line_version=version))

    def forget(self, stream: StreamName) -> None:
        """Keep nothing of a stream any more."""
        if self._kept.pop(stream, None) is not None:
            self._changes[stream] = None
            self._changed.set()

    async def keep_saved(self) -> NoReturn:
        """Write every change to the file, a while after the last one, until cancelled."""
        while True:
            await self._changed.wait()
            await self.save()
            await asyncio.sleep(_REST)

    async def save(self) -> None:
        """Write what has changed to the file; trouble with it is logged, and the game goes on."""
        async with self._saving:
            self._changed.clear()
            changes, self._changes = self._changes, {}
            if self._file is not None and changes:
                await self._write(self._file, changes)

    async def _write(self, file: ReceiptFile, changes: dict[StreamName, Kept | None]) -> None:
        writing = asyncio.ensure_future(asyncio.to_thread(file.change, changes))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait([writing])  # a later change must not be overtaken by this one
            raise
        except OSError as error:
            self._changes = {**changes, **self._changes}
            _LOG.warning("receipts cannot be kept: %s", error)

    def _change(self, stream: StreamName, kept: Kept) -> None:
        for entries in (self._kept, self._changes):
            entries.pop(stream, None)
            entries[stream] = kept
        while len(self._kept) > MOST_STREAMS:
            del self._kept[next(iter(self._kept))]
        self._changed.set()


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """The receipts of one server in a file for all; a server is named as in `Credentials`.

    Programs that run side by side change each what they were told. Of two changes at the very
    same moment one may be lost: then less is noticed, never too much.
    """

    path: Path
    server: str

    def read(self) -> _Streams:
        """The receipts of the server.

        Raises:
            ReceiptsLost: The file is damaged and was put aside, or it cannot be read.
        """
        try:
            kept = self._read_all().get(self.server, {})
        except OSError as error:
            _LOG.warning("receipts cannot be read: %s", error)
            message = f"{self.path} cannot be read: {error.strerror}"
            raise ReceiptsLost(message) from error
        sound = {
            stream: one
            for stream, one in kept.items()
            if _is_receipt(stream, one.version, one.head)
        }
        return _newest(sound, MOST_STREAMS)

    def change(self, changes: Mapping[StreamName, Kept | None]) -> None:
        """Write down what has changed, None for what is not kept any more.

        Raises:
            OSError: The file cannot be written.
        """
        try:
            servers = self._read_all()
        except ReceiptsLost:
            servers = {}
        kept = {**servers.pop(self.server, {})}
        for stream, change in changes.items():
            kept.pop(stream, None)
            if change is not None:
                kept[stream] = change
        servers[self.server] = _newest(kept, MOST_STREAMS)
        servers = _newest(servers, MOST_SERVERS)
        while len(content := _FILE.dump_json(servers, indent=1)) > LARGEST_FILE:
            servers = _newest(servers, len(servers) - 1)
        replace_file(self.path, content.decode())

    def _read_all(self) -> dict[str, _Streams]:
        """Everything in the file; raises `ReceiptsLost` when it had to be put aside."""
        try:
            servers = _FILE.validate_json(read_file(self.path))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            aside = self.path.with_suffix(".damaged")
            _LOG.warning("%s is damaged, it is now %s: %s", self.path, aside, error)
            self.path.replace(aside)
            message = f"{self.path} was damaged, it is now {aside.name}"
            raise ReceiptsLost(message) from error
        return {server: _without_names(kept) for server, kept in servers.items()}


def _without_names(kept: _Streams) -> _Streams:
    """Without what titles of files once had behind the size of the board: who plays."""
    return {stream: replace(one, title=one.title.partition(",")[0]) for stream, one in kept.items()}


def _is_receipt(stream: StreamName, version: int, head: str) -> bool:
    return (
        0 < version <= LARGEST_VERSION
        and 0 < len(stream) <= LONGEST_ID
        and _HEAD.fullmatch(head) is not None
    )


def _newest(entries: dict[K, V], most: int) -> dict[K, V]:
    """The last ones of a dictionary, in their order."""
    return dict(islice(entries.items(), max(0, len(entries) - most), None))
