"""Read models: tables folded from the log, each by a runner that pulls from its own checkpoint."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from sqlalchemy.exc import DBAPIError

from clouds_edges.eventsourcing.errors import RebuildInterrupted, RebuildUnderWay, StoreUnavailable
from clouds_edges.eventsourcing.read_model_file import is_damage, is_passing, opened
from clouds_edges.eventsourcing.read_model_status import ReadModelState, ReadModelStatus
from clouds_edges.eventsourcing.rebuild import Site, UnderWay, rebuild_together
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Reached
from clouds_edges.eventsourcing.sqlite_files import aside_of, put_aside, remove, replace
from clouds_edges.eventsourcing.store import holds
from clouds_edges.eventsourcing.threads import finished

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from clouds_edges.eventsourcing.feed import Feed
    from clouds_edges.eventsourcing.projection import Projection
    from clouds_edges.eventsourcing.read_model_file import ReadModelFile
    from clouds_edges.eventsourcing.rebuild import Builder
    from clouds_edges.eventsourcing.recorded import Recorded
    from clouds_edges.eventsourcing.store import EventStore

E = TypeVar("E")
T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)

_SAVE_EVERY: Final = 1000
"""After how many events without effect a checkpoint is saved all the same."""
_REST: Final = 0.4
"""Seconds between batches, so that a busy server does not spend itself on many small ones."""
_PATIENCE: Final = 1.0
"""Seconds for which a reader waits for what was committed before it asked."""
_LONG_PATIENCE: Final = 10.0
"""Seconds for which whoever wants something erased waits for it."""
_RETRY: Final = 1.0
"""Seconds between tries while disk or log are in trouble."""
_FAR: Final = 10_000
"""Events behind the end of the log from which on a copy is built rather than led on."""


class ReadModel(Generic[E]):
    """Keeps the rows of one projection up to date, and answers queries.

    Whatever goes wrong here stops nothing else. While disk or log are in trouble it tries again;
    when an event cannot be applied it stops, until it is resumed, reset or rebuilt. A file that is
    damaged, deleted, or of another log than this one, is made anew.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the ports of a read model, each once
        self,
        projection: Projection[E],
        folder: Path,
        store: EventStore[E],
        feed: Feed[E],
        builder: Builder[E],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        batch: int = 2048,
    ) -> None:
        """Open or make the file in `folder`; raises `StoreUnavailable`."""
        self.name = projection.name
        self.site = Site(projection, folder / f"{self.name}.rebuilding.db")
        self._path = folder / f"{self.name}.db"
        self._projection = projection
        self._events = frozenset(projection.events)
        self._store = store
        self._feed = feed
        self._builder = builder
        self._pause = pause
        self._batch = batch
        self._file = opened(self._path, projection)
        self._position = self._file.reached.position
        self._end = BEGINNING
        self._is_fresh = True
        self._is_resting = False
        self._is_copy_tainted = False
        self._rebuild = UnderWay(self.name)
        self._clearing: Callable[[Path], None] | None = None
        self._error: str | None = None
        self._writing, self._reading = asyncio.Lock(), asyncio.Lock()
        self._wake, self._hurry, self._advanced = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._going, self._whole = asyncio.Event(), asyncio.Event()
        self.resume()
        feed.listen(self._wake, projection.events)

    @property
    def status(self) -> ReadModelStatus:
        """How it is now."""
        end = max(self._end, self._feed.end)
        has_seen_all = self._is_resting and not self._wake.is_set()
        position = max(self._position, end) if has_seen_all else self._position
        return ReadModelStatus(
            self.name,
            self._state,
            position,
            max(0, end - position),
            self._error,
            self._rebuild.reached,
        )

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What a query finds; it sees everything that was committed before it was asked.

        A model that is paused, stopped, or more than a second behind, answers with what it has.

        Raises:
            StoreUnavailable: The rows cannot be read.
        """
        await self._catch_up(await self._store.end())
        try:
            async with self._reading:
                self._check_usable()
                return await finished(self._file.read, query)
        except DBAPIError as error:
            if is_damage(error):
                self._clear(put_aside)
            message = f"the read model {self.name} cannot be read: {error.orig}"
            raise StoreUnavailable(message) from error

    async def run(self) -> None:
        """Follow the log until cancelled."""
        while True:
            await self._whole.wait()
            try:
                await self._follow()
            except StoreUnavailable as trouble:
                await self._wait_out(trouble)
            except DBAPIError as error:
                if is_damage(error):
                    self._clear(put_aside)
                elif is_passing(error):
                    await self._wait_out(error)
                else:
                    self._stop(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, it stops this model only
                self._stop(error)

    async def is_far(self) -> bool:
        """Whether the rows are better built than led on, or a rebuild of them was interrupted.

        Rows of another log than this are gone then.
        """
        if not await holds(self._store, self._file.reached):
            _LOG.warning("%s follows another log: it is made anew", self._path)
            self._clear(remove)
            await self._renew()
        self._end = max(self._end, await self._store.end())
        return self._end - self._position > _FAR or self.site.path.exists()

    def pause(self) -> None:
        """Apply nothing more, for now; what is there can be read."""
        self._going.clear()
        self._tell()

    def resume(self) -> None:
        """Follow again; if an event could not be applied, try it again."""
        self._going.set()
        self._revive()

    async def reset(self) -> None:
        """Take all rows away, and fold the log again from its beginning."""
        self._clear(remove)
        await self._renew()
        self._revive()

    async def scrub(self) -> None:
        """Leave nothing in any file of what the events up to now have taken out of the rows.

        Rows that cannot be led on to there, because the model is paused or has stopped, go whole.
        A copy that is being built is left to its end: it takes the place of the rows and holds
        nothing of it then, or it is deleted.

        Raises:
            StoreUnavailable: A file cannot be written, or somebody else is reading it.
        """
        end = await self._store.end()
        await self._catch_up(end, _LONG_PATIENCE)
        async with self._writing, self._reading:
            if self._position < end:
                self._clear(remove)
                await finished(self._make_anew, remove)
            await finished(self._scrub)
        self._is_copy_tainted = True
        with suppress(RebuildUnderWay):
            async with self.rebuilding():
                pass  # what an earlier one has left goes at the end of this

    async def rebuild(self) -> None:
        """Build the rows again beside those in use, and swap them; see `rebuild_together`."""
        await rebuild_together([self], self._builder)

    def interrupt(self) -> None:
        """End a rebuild that is under way when it says next how far it has come.

        It is not begun again by itself: the live rows follow the log, from where they are.
        """
        self._rebuild.interrupt()

    @asynccontextmanager
    async def rebuilding(self) -> AsyncIterator[Callable[[Checkpoint], None]]:
        """Mark the time of a rebuild; what is yielded takes note of how far it has come.

        That raises `RebuildInterrupted` once somebody has interrupted it. A copy that is left at
        the end is for the next one, unless something was scrubbed meanwhile.

        Raises:
            RebuildUnderWay: There is one already.
        """
        self._rebuild.begin()
        self._tell()
        try:
            yield self._rebuild.come_to
        finally:
            try:
                await self._discard_tainted_copy()
            finally:
                self._rebuild.end()
                self._is_fresh &= not self._rebuild.is_interrupted

    async def swap(self) -> None:
        """Put the copy in the place of the live rows, once it is not behind them."""
        async with self._writing:
            copy = await finished(opened, self.site.path, self._projection)
            try:
                await self._lead_on(copy)
                await finished(copy.scrub)  # all of it is in one file then, and nothing else
            finally:
                await finished(copy.close)
            async with self._reading:
                await finished(self._replace)
        self._revive()

    def close(self) -> None:
        """Close the file; nothing may be under way."""
        self._file.close()

    @property
    def _state(self) -> ReadModelState:
        if not self._whole.is_set():
            return ReadModelState.STOPPED
        return ReadModelState.FOLLOWING if self._going.is_set() else ReadModelState.PAUSED

    @property
    def _is_following(self) -> bool:
        is_building_first = self._is_fresh and self._rebuild.reached is not None
        return self._state is ReadModelState.FOLLOWING and not is_building_first

    def _scrub(self) -> None:
        self._file.scrub()
        remove(aside_of(self._path))

    async def _discard_tainted_copy(self) -> None:
        """Delete a copy in which there may be what was scrubbed from the rows."""
        if self._is_copy_tainted:
            await finished(remove, self.site.path)
            await finished(remove, aside_of(self.site.path))
            self._is_copy_tainted = False

    async def _catch_up(self, end: Checkpoint, patience: float = _PATIENCE) -> None:
        """Wait for what was committed up to here, but not for long, nor in vain."""
        self._end = max(self._end, end)
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._is_following and (self._is_fresh or self._position < end):
                    advanced = self._advanced
                    self._wake.set()
                    self._hurry.set()
                    await advanced.wait()

    async def _follow(self) -> None:
        self._position = self._file.reached.position
        while True:
            await self._going.wait()
            await self._prepare()
            self._wake.clear()
            self._hurry.clear()
            applied = await self._step()
            self._error = None
            self._tell()
            if not applied:
                self._is_resting = True
                await self._wake.wait()
                self._is_resting = False
            elif applied < self._batch:
                await self._rest()

    async def _prepare(self) -> None:
        """Make sure that there are rows that can be led on by the next events."""
        if not self._file.is_in_place:
            self._clear(remove)
        await self._renew()
        if self._is_fresh and await self.is_far():
            try:
                await self.rebuild()
            except RebuildInterrupted as interrupted:
                _LOG.info("%s: it follows the log as it is", interrupted)
            except Exception:  # noqa: BLE001 - whatever it is, the log can be followed without
                _LOG.exception("the read model %s was not rebuilt", self.name)
        self._is_fresh = False

    async def _step(self) -> int:
        """Apply the next events, if there are any; how many there were."""
        async with self._writing:
            end = self._end
            batch = await self._feed.read(self._position, self._batch)
            if not batch and self._position < end:
                batch = await self._store.read_log(self._position, self._batch)
                if not batch:  # what is left cannot be read
                    self._position = end
            if batch:
                await self._apply(batch)
            return len(batch)

    async def _apply(self, batch: Sequence[Recorded[E]]) -> None:
        reached = Reached.by(batch[-1])
        wanted = [one for one in batch if type(one.event) in self._events]
        if wanted or reached.position - self._file.reached.position >= _SAVE_EVERY:
            await finished(self._file.advance, wanted, reached)
        self._position = reached.position

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_REST):
                await self._hurry.wait()

    async def _lead_on(self, copy: ReadModelFile[E]) -> None:
        """Let a copy apply what the live rows include, or would if they were not paused."""
        while copy.reached.position < max(self._position, self._end):
            batch = await self._feed.read(copy.reached.position, self._batch)
            if not batch:
                break
            await finished(copy.advance, batch, Reached.by(batch[-1]))

    def _replace(self) -> None:
        self._file.close()
        try:
            replace(self._path, by=self.site.path)
        finally:
            self._reopen()
        self._clearing = None

    def _clear(self, clear: Callable[[Path], None]) -> None:
        """Have the file made anew, once it is out of the way."""
        self._clearing = clear
        self._wake.set()

    async def _renew(self) -> None:
        """Begin with an empty file, if that was asked for."""
        async with self._writing, self._reading:
            if self._clearing is not None:
                await finished(self._make_anew, self._clearing)

    def _make_anew(self, clear: Callable[[Path], None]) -> None:
        self._file.close()
        clear(self._path)
        self._reopen()
        self._clearing = None
        self._is_fresh = True

    def _reopen(self) -> None:
        self._file = opened(self._path, self._projection)
        self._position = self._file.reached.position

    def _check_usable(self) -> None:
        if self._clearing is not None:
            message = f"the read model {self.name} is being made anew"
            raise StoreUnavailable(message)

    async def _wait_out(self, trouble: Exception) -> None:
        self._error = str(trouble)
        _LOG.warning("the read model %s tries again: %s", self.name, trouble)
        await self._pause(_RETRY)

    def _stop(self, error: Exception) -> None:
        self._error = f"{type(error).__name__}: {error}"
        self._whole.clear()
        self._tell()
        _LOG.error("the read model %s has stopped", self.name, exc_info=error)

    def _revive(self) -> None:
        self._error = None
        self._whole.set()

    def _tell(self) -> None:
        """Let those who wait look again."""
        self._advanced.set()
        self._advanced = asyncio.Event()
