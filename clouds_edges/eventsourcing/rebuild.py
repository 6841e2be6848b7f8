"""Building read models from the log, beside their live copies."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from clouds_edges.eventsourcing.errors import RebuildInterrupted, RebuildUnderWay
from clouds_edges.eventsourcing.read_model_file import opened
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Reached
from clouds_edges.eventsourcing.sqlite_files import remove
from clouds_edges.eventsourcing.store import holds
from clouds_edges.eventsourcing.threads import finished

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.projection import Projection
    from clouds_edges.eventsourcing.read_model_file import ReadModelFile
    from clouds_edges.eventsourcing.recorded import Recorded
    from clouds_edges.eventsourcing.store import EventStore

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Site(Generic[E]):
    """Where a copy of a read model is built."""

    projection: Projection[E]
    path: Path


class UnderWay:
    """Whether a read model is being rebuilt, how far that has come, and whether it is to go on."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.reached: Checkpoint | None = None
        self.is_interrupted = False

    def begin(self) -> None:
        """Mark the beginning; raises `RebuildUnderWay`."""
        if self.reached is not None:
            raise RebuildUnderWay(self._name)
        self.reached, self.is_interrupted = BEGINNING, False

    def come_to(self, reached: Checkpoint) -> None:
        """Take note of how far it is; raises `RebuildInterrupted`."""
        self.reached = reached
        if self.is_interrupted:
            raise RebuildInterrupted(self._name)

    def interrupt(self) -> None:
        """Let it end at the next note; where nothing is under way there is nothing to end."""
        self.is_interrupted = self.reached is not None

    def end(self) -> None:
        """Mark the end."""
        self.reached = None


class Rebuildable(Protocol[E]):
    """What is rebuilt: a read model."""

    @property
    def site(self) -> Site[E]:
        """Where a copy is built beside the live rows."""

    def rebuilding(self) -> AbstractAsyncContextManager[Callable[[Checkpoint], None]]:
        """Mark the time of a rebuild, and take note of how far it has come."""
        ...

    async def swap(self) -> None:
        """Put the copy in the place of the live rows, once it is not behind them."""


class Builder(Protocol[E]):
    """Folds the log into files."""

    def build(self, sites: Sequence[Site[E]]) -> AsyncGenerator[Sequence[Checkpoint], None]:
        """Fold the log, read once for all sites, up to its end; say now and then how far each is.

        A file that is there already goes on at its checkpoint, unless it follows another log.
        Whoever stops iterating interrupts the work: close the iterator, and the files are closed.

        Raises:
            BuildFailed: The work has ended before its time.
            StoreUnavailable: The log cannot be read, or a file not be written.
        """
        ...


class BuilderInside(Generic[E]):
    """Builds in this process; for logs that are small, or in memory."""

    def __init__(self, store: EventStore[E], batch: int = 2048) -> None:
        self._store = store
        self._batch = batch

    async def build(self, sites: Sequence[Site[E]]) -> AsyncGenerator[Sequence[Checkpoint], None]:
        """See `Builder.build`."""
        files: list[ReadModelFile[E]] = []
        try:
            for site in sites:
                files.append(await self._file_at(site))  # noqa: PERF401 - those opened are closed
            after = min(file.reached.position for file in files)
            while batch := await self._store.read_log(after, self._batch):
                await finished(advance, files, batch, Reached.by(batch[-1]))
                yield [file.reached.position for file in files]
                after = batch[-1].position
        finally:
            for file in files:
                await finished(file.close)

    async def _file_at(self, site: Site[E]) -> ReadModelFile[E]:
        file = await finished(opened, site.path, site.projection)
        if await holds(self._store, file.reached):
            return file
        await finished(file.close)
        remove(site.path)
        return await finished(opened, site.path, site.projection)


async def rebuild_together(models: Sequence[Rebuildable[E]], builder: Builder[E]) -> None:
    """Build the rows of models again beside those in use, with one pass over the log.

    The live rows are read and led on meanwhile. When the copies have caught up, each takes the
    place of the live rows, and is not behind them then: no reader sees less than before. Cancelled
    or killed at any point, the next rebuild goes on where this one was.

    Raises:
        RebuildUnderWay: One of the models is being rebuilt already.
        RebuildInterrupted: Somebody has ended it on purpose; what is built is kept.
        BuildFailed: The work has ended before its time; what is built is kept.
        StoreUnavailable: The log cannot be read, or a file not be written.
    """
    if not models:
        return
    async with AsyncExitStack() as marked:
        notes = [await marked.enter_async_context(model.rebuilding()) for model in models]
        async with aclosing(builder.build([model.site for model in models])) as progress:
            async for reached in progress:
                for note, checkpoint in zip(notes, reached, strict=True):
                    note(checkpoint)
        for model in models:
            await model.swap()


def advance(
    files: Sequence[ReadModelFile[E]], batch: Sequence[Recorded[E]], reached: Reached
) -> None:
    """Let each file apply what it does not include yet."""
    for file in files:
        seen = file.reached.position
        if seen < batch[0].position:
            file.advance(batch, reached)
        elif seen < reached.position:
            file.advance([one for one in batch if one.position > seen], reached)
