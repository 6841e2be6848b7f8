"""A store that fails now and then, before or after it has recorded, or takes the server with it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Generic, TypeVar

from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable, VersionConflict
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
from clouds_edges.eventsourcing.store import Append, Appended, Outcome

E = TypeVar("E")

_TROUBLE: Final = "the disk is in trouble"
_LONGEST_WRITE: Final = 0.006
"""Seconds for which an append may take before and behind its commit."""


def is_injected(error: BaseException | None) -> bool:
    """Whether the simulation has made this trouble."""
    return isinstance(error, StoreUnavailable) and str(error).startswith(_TROUBLE)


@dataclass(slots=True)
class StoreFaults:
    """How often what happens; shares of 1."""

    fails: float = 0.03
    forgets_to_answer: float = 0.03
    conflicts: float = 0.03
    crashes_before: float = 0.003
    crashes_behind: float = 0.006
    reads_slowly: float = 0.1
    cannot_read: float = 0.01

    @classmethod
    def none(cls) -> "StoreFaults":
        return cls(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(slots=True)
class Disk:
    """What outlives a server, and is known of it: the log, and when each command was recorded."""

    chance: Random
    faults: StoreFaults = field(default_factory=StoreFaults)
    log: MemoryLog = field(default_factory=MemoryLog)
    recorded_at: dict[tuple[str, CommandId], float] = field(default_factory=dict)

    def strikes(self, share: float) -> bool:
        return self.chance.random() < share


Crash = Callable[[], Awaitable[None]]
"""Ends the server at once; who awaits this does not come back."""


class FaultyStore(MemoryStore[E], Generic[E]):
    """The store of one life of a server, on a disk that outlives it."""

    def __init__(self, codec: Codec[E], disk: Disk, crash: Crash) -> None:
        super().__init__(codec, disk.log)
        self._disk = disk
        self._crash = crash

    async def append(self, append: Append[E]) -> Appended[E]:
        disk, faults = self._disk, self._disk.faults
        await self._take_time()
        if disk.strikes(faults.fails):
            message = f"{_TROUBLE}: nothing was recorded"
            raise StoreUnavailable(message)
        if disk.strikes(faults.conflicts):
            expected = append.expected_version
            raise VersionConflict(append.stream, expected, expected + 1)
        if disk.strikes(faults.crashes_before):
            await self._crash()
        appended = await super().append(append)
        now = asyncio.get_running_loop().time()
        disk.recorded_at.setdefault((append.by, append.command_id), now)
        if disk.strikes(faults.crashes_behind):
            await self._crash()
        await self._take_time()
        if disk.strikes(faults.forgets_to_answer):
            message = f"{_TROUBLE}: it is not known whether anything was recorded"
            raise StoreUnavailable(message)
        return appended

    async def outcome_of(self, by: str, command_id: CommandId, body: bytes) -> Outcome | None:
        await self._read()
        return await super().outcome_of(by, command_id, body)

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[E]]:
        await self._read()
        return await super().read_stream(stream, after)

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[E]]:
        await self._read()
        return await super().read_log(after, limit)

    async def _read(self) -> None:
        if self._disk.strikes(self._disk.faults.reads_slowly):
            await self._take_time()
        if self._disk.strikes(self._disk.faults.cannot_read):
            message = f"{_TROUBLE}: nothing can be read"
            raise StoreUnavailable(message)

    async def _take_time(self) -> None:
        await asyncio.sleep(self._disk.chance.uniform(0.0, _LONGEST_WRITE))
