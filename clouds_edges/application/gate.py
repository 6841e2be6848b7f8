"""The gate before the log: while it is closed, nothing passes but what opens it again."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from clouds_edges.domain.actors import Actor, Admin, Process
from clouds_edges.domain.ids import OPERATIONS
from clouds_edges.domain.operations.commands import Command, Freeze, Unfreeze
from clouds_edges.domain.operations.refusals import Frozen
from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.eventsourcing.errors import WritesStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any

    from clouds_edges.domain.operations.decider import Operations
    from clouds_edges.domain.operations.events import Event
    from clouds_edges.eventsourcing.command_handler import CommandHandler
    from clouds_edges.eventsourcing.store import EventStore


class Gate:
    """Lets commands through to the log, or keeps them out: as the stream of operations says.

    A stream that cannot be read shuts nothing: it takes no event that could open it again.
    Who passes does so in the context of `passage`: so it is known who is on the way.
    """

    def __init__(
        self,
        operations: CommandHandler[Command, Actor, Event, Operations],
        store: EventStore[Any],
        now: Callable[[], datetime],
    ) -> None:
        self.reason: str | None = None
        self._operations = operations
        self._store = store
        self._now = now
        self._passing: set[asyncio.Event] = set()

    async def look(self) -> str | None:
        """Why the gate is closed, or None."""
        state = (await self._operations.load_sound(OPERATIONS)).state
        self.reason = None if OPERATIONS in self._store.quarantined else state.frozen
        return self.reason

    async def shut_since(self) -> datetime | None:
        """Since when the gate is closed; None if it is open."""
        if await self.look() is None:
            return None
        loaded = await self._operations.load(OPERATIONS)
        (last,) = await self._store.read_stream(OPERATIONS, loaded.version - 1)
        return last.at

    async def check_open(self, by: Actor) -> None:
        """Raise what `keep_out` raises, if the gate is closed."""
        if await self.look() is not None:
            self.keep_out(by)

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Be on the way; whatever says whether one may go on is looked at in here."""
        passed = asyncio.Event()
        self._passing.add(passed)
        try:
            yield
        finally:
            self._passing.discard(passed)
            passed.set()

    async def until_passed(self) -> None:
        """Wait for those who are on the way now, and for nobody who comes after them."""
        for passed in tuple(self._passing):
            await passed.wait()

    def keep_out(self, by: Actor) -> NoReturn:
        """Say why nothing passes.

        Raises:
            Frozen: To people.
            WritesStopped: To a process, which waits.
        """
        sentence = _sentence(self.reason or "")
        if isinstance(by, Process):
            raise WritesStopped(sentence)
        raise Frozen(sentence)

    async def close(self, reason: str, by: Admin) -> None:
        """Let nothing pass any more, and wait for what is on its way."""
        await self._give(Freeze(reason), by)
        await self.until_passed()

    async def open(self, by: Admin) -> None:
        """Let everything pass."""
        await self._give(Unfreeze(), by)

    async def _give(self, command: Command, by: Admin) -> None:
        """Give a command of an admin; its id is that of the only one that can come now."""
        version = (await self._operations.load(OPERATIONS)).version
        command_id = CommandId(f"{OPERATIONS}:{version + 1}")
        issued = Issued(command, by, self._now(), command_id)
        await self._operations.handle(OPERATIONS, issued)
        await self.look()


def _sentence(reason: str) -> str:
    return f"the server is frozen, games go on later: {reason}"
