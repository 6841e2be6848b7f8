"""Processes: events in, commands out, each in effect once.

The id of a command is made of process, position of the event, and step: when an event is seen
again, after a crash or because a checkpoint was lost, the store answers with the first outcome.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from clouds_edges.eventsourcing.decider import A, C, CommandId, Issued, Refused, StreamName
from clouds_edges.eventsourcing.errors import (
    CommandReused,
    StoreUnavailable,
    UnreadableEvent,
    VersionConflict,
)
from clouds_edges.eventsourcing.recorded import Recorded

if TYPE_CHECKING:
    from datetime import datetime

    from clouds_edges.eventsourcing.feed import Feed
    from clouds_edges.eventsourcing.projection import CheckpointFile

E = TypeVar("E")

_LOG: Final = logging.getLogger(__name__)
_PAUSE: Final = 1.0
"""Seconds between tries while the store is in trouble."""
_SAVE_EVERY: Final = 1000


@dataclass(frozen=True, slots=True)
class Reaction(Generic[C, A]):
    """A command that an event leads to."""

    stream: StreamName
    command: C
    by: A


@dataclass(frozen=True, slots=True)
class Process(Generic[E, C, A]):
    """A name that never changes, and what is done about an event; steps keep their order."""

    name: str
    react: Callable[[Recorded[E]], Awaitable[Sequence[Reaction[C, A]]]]


class ProcessRunner(Generic[E, C, A]):
    """Gives the commands of one process, event by event, from its own checkpoint on.

    While the store is in trouble it tries again; any other failure stops this process only.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the ports of a process, each once
        self,
        process: Process[E, C, A],
        give: Callable[[StreamName, Issued[C, A]], Awaitable[object]],
        file: CheckpointFile,
        feed: Feed[E],
        now: Callable[[], datetime],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.failure: Exception | None = None
        self._process = process
        self._give = give
        self._file = file
        self._feed = feed
        self._now = now
        self._pause = pause

    async def run(self) -> None:
        """React to events as they come, until cancelled; on an error stop, and keep it."""
        try:
            while True:
                try:
                    await self._follow()
                except (StoreUnavailable, VersionConflict) as trouble:
                    _LOG.warning("%s tries again: %s", self._process.name, trouble)
                    await self._pause(_PAUSE)
        except Exception as error:  # noqa: BLE001 - whatever it is, it stops this process only
            self.failure = error
            _LOG.exception("the process %s has stopped", self._process.name)

    async def _follow(self) -> None:
        saved = self._file.load(self._process.name)
        async for batch in self._feed.follow(saved):
            gave = [await self._react(recorded) for recorded in batch]
            if any(gave) or batch[-1].position - saved >= _SAVE_EVERY:
                saved = batch[-1].position
                self._file.save(self._process.name, saved)

    async def _react(self, recorded: Recorded[E]) -> bool:
        """Give the commands that this event leads to; say whether there were any."""
        try:
            reactions = await self._process.react(recorded)
            await self._give_all(recorded, reactions)
        except UnreadableEvent as error:  # that stream takes nothing more; the others go on
            _LOG.error("%s on %s: %s", self._process.name, recorded.name, error)
            return False
        return bool(reactions)

    async def _give_all(self, recorded: Recorded[E], reactions: Sequence[Reaction[C, A]]) -> None:
        for step, reaction in enumerate(reactions):
            issued = Issued(
                reaction.command,
                reaction.by,
                self._now(),
                CommandId(f"{self._process.name}:{recorded.position}:{step}"),
                cause=recorded.name,
            )
            try:
                await self._give(reaction.stream, issued)
            except (Refused, CommandReused) as refusal:
                _LOG.info("%s to %s: %s", issued.id, reaction.stream, refusal)
