"""Building read models in a process of its own, so that the server's goes on undisturbed."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Generic, TypeVar

from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.errors import BuildFailed
from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.read_model_file import ReadModelFile, opened
from clouds_edges.eventsourcing.rebuild import Site, advance
from clouds_edges.eventsourcing.recorded import Checkpoint, Reached
from clouds_edges.eventsourcing.sqlite_files import remove
from clouds_edges.eventsourcing.sqlite_reader import Reader, reading
from clouds_edges.eventsourcing.threads import finished

E = TypeVar("E")

_NICENESS: Final = 10
"""So that games come first where there are more processes at work than processors."""

_OBJECTS_BETWEEN_COLLECTIONS: Final = 100_000
"""A batch is thousands of objects and no garbage: with Python's 700, looking for some takes a
tenth of the time."""


@dataclass(frozen=True, slots=True)
class Parts(Generic[E]):
    """What a process needs to fold a log: how to read its events, and all that can be built."""

    codec: Codec[E]
    projections: Sequence[Projection[E]]


@dataclass(frozen=True, slots=True)
class Work(Generic[E]):
    """What every build has in common: what makes the parts, the log, and how it is cut."""

    parts: Callable[[], Parts[E]]
    log: Path
    batch: int = 16_384


class BuilderOutside(Generic[E]):
    """A `Builder` for the log of a SQLite store: one build at a time, each in a new process."""

    def __init__(self, log: Path, parts: Callable[[], Parts[E]], batch: int = 16_384) -> None:
        """Read the log at this path; `parts` is called in the process, and so can be pickled."""
        self._work = Work(parts, log, batch)
        self._turn = asyncio.Lock()

    async def build(self, sites: Sequence[Site[E]]) -> AsyncGenerator[Sequence[Checkpoint], None]:
        """See `Builder.build`."""
        paths = {site.projection.name: site.path for site in sites}
        async with self._turn:
            child = _Child(self._work, paths)
            try:
                await finished(child.start)
                while (reached := await asyncio.to_thread(child.told)) is not None:
                    yield reached
            finally:
                await finished(child.end)


class _Child(Generic[E]):
    """The process, and the pipe by which it tells how far it is."""

    def __init__(self, work: Work[E], paths: Mapping[str, Path]) -> None:
        context = multiprocessing.get_context("spawn")
        self._hearing, self._telling = context.Pipe(duplex=False)
        self._listening = threading.Lock()
        self._process = context.Process(
            target=build_alone, args=(work, paths, self._telling), daemon=True
        )

    def start(self) -> None:
        self._process.start()
        self._telling.close()  # so that the pipe ends when the process does

    def told(self) -> Sequence[Checkpoint] | None:
        """Wait for the next word; None is the last."""
        with self._listening:
            try:
                word: Sequence[Checkpoint] | str = self._hearing.recv()
            except EOFError:
                self._process.join()
                if self._process.exitcode:
                    message = f"the building process has ended with {self._process.exitcode}"
                    raise BuildFailed(message) from None
                return None
        if isinstance(word, str):
            raise BuildFailed(word)
        return word

    def end(self) -> None:
        """Whatever it is at, it is over, as after a crash."""
        if self._process.pid is not None:
            self._process.kill()
            self._process.join()
        self._telling.close()
        with self._listening:
            self._hearing.close()


def build_alone(
    work: Work[E], paths: Mapping[str, Path], telling: Connection
) -> None:  # pragma: no cover - a process of its own
    """What the process does; Ctrl-C at the terminal is for the server to deal with."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.getLogger().addHandler(logging.NullHandler())  # the server finds the same, and says it
    with suppress(AttributeError):  # Windows
        os.nice(_NICENESS)
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 50, 50)
    build_and_tell(work, paths, telling)


def build_and_tell(work: Work[E], paths: Mapping[str, Path], telling: Connection) -> None:
    """Build, and tell how far it is, or what went wrong; until nobody listens any more."""
    with suppress(BrokenPipeError):
        try:
            build(work, paths, telling.send)
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, who asked is told
            telling.send(f"{type(error).__name__}: {error}")


def build(
    work: Work[E], paths: Mapping[str, Path], tell: Callable[[Sequence[Checkpoint]], None]
) -> None:
    """Fold the log into the files of these projections, by name, up to its end."""
    parts = work.parts()
    projections = {projection.name: projection for projection in parts.projections}
    with ExitStack() as closing:
        log = closing.enter_context(reading(work.log, parts.codec))
        files = []
        for name, path in paths.items():
            files.append(_file_at(Site(projections[name], path), log))
            closing.callback(files[-1].close)
        after = min(file.reached.position for file in files)
        while batch := log.read_log(after, work.batch):
            advance(files, batch, Reached.by(batch[-1]))
            after = batch[-1].position
            tell([file.reached.position for file in files])


def _file_at(site: Site[E], log: Reader[E]) -> ReadModelFile[E]:
    """The file to go on with; a new one when it follows another log than this."""
    file = opened(site.path, site.projection)
    position = file.reached.position
    last = log.read_log(Checkpoint(position - 1), 1) if position else ()
    if not position or (last and Reached.by(last[0]) == file.reached):
        return file
    file.close()
    remove(site.path)
    return opened(site.path, site.projection)
