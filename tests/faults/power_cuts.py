"""The power is cut while many write (F2): figures of what the log then holds."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append
from tests.eventsourcing.lamp import CODEC, Event
from tests.faults.disk import Asked, Disk, Image, disk_in_place, write_out
from tests.faults.lamps import (
    LOG_FILES,
    WRITERS,
    Acknowledged,
    Difference,
    Journal,
    difference,
    write_on,
)

_CUTS_A_RUN: Final = 10
_CALLS_BETWEEN: Final = 800
"""Calls of the disk between two cuts, at most: ten cuts see the log folded in once or twice."""
_PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class PowerCuts:
    """What came of so many cuts."""

    seed: int
    synchronous: str
    cuts: int
    acknowledged: int
    """Commands that had been acknowledged when the power went, over all cuts."""
    cuts_that_lost: int
    lost: int
    doubled: int
    halved: int
    holes: int
    unacknowledged: int
    unsound_seeds: tuple[str, ...]
    """The cuts after which the log was not what it must be, as `run seed/number`."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """What the disk holds, and what had been asked for and acknowledged before."""

    image: Image
    asked: Sequence[Append[Event]]
    acknowledged: Sequence[Acknowledged]


class _Cutter:
    """Cuts the power again and again: each time it sees what would be left, and all goes on."""

    def __init__(
        self, disk: Disk, folder: Path, journal: Journal, chance: random.Random, times: int
    ) -> None:
        self.cuts: list[_Cut] = []
        self.is_done = asyncio.Event()
        self._disk = disk
        self._folder = folder
        self._journal = journal
        self._chance = chance
        self._times = times
        self._calls_left = chance.randint(1, _CALLS_BETWEEN)
        self._loop = asyncio.get_running_loop()

    def __call__(self, _asked: Asked) -> None:
        self._calls_left -= 1
        if self._calls_left or len(self.cuts) >= self._times:
            return
        self._calls_left = self._chance.randint(1, _CALLS_BETWEEN)
        acknowledged = (*self._journal.acknowledged,)
        image = self._disk.after_cut(self._folder, self._chance)
        self.cuts.append(_Cut(image, (*self._journal.asked,), acknowledged))
        if len(self.cuts) >= self._times:
            self._loop.call_soon_threadsafe(self.is_done.set)


async def cut_often(times: int, seed: int, folder: Path, synchronous: str = "FULL") -> PowerCuts:
    """Cut the power so many times, while eight write, and look what each cut has left."""
    found: dict[str, tuple[_Cut, Difference]] = {}
    run = 0
    while len(found) < times:
        here = folder / f"run-{run}"
        here.mkdir()
        cuts = await _cuts_of_run(
            min(_CUTS_A_RUN, times - len(found)), seed + run, here, synchronous
        )
        for number, cut in enumerate(cuts):
            after = here / f"cut-{number}"
            write_out(cut.image, after, LOG_FILES)
            found[f"{seed + run}/{number}"] = (
                cut,
                await difference(after / "events.db", cut.asked, cut.acknowledged),
            )
        run += 1
    differences = [one for _, one in found.values()]
    return PowerCuts(
        seed=seed,
        synchronous=synchronous,
        cuts=len(found),
        acknowledged=sum(len(cut.acknowledged) for cut, _ in found.values()),
        cuts_that_lost=sum(one.lost > 0 for one in differences),
        lost=sum(one.lost for one in differences),
        doubled=sum(one.doubled for one in differences),
        halved=sum(one.halved for one in differences),
        holes=sum(one.holes for one in differences),
        unacknowledged=sum(one.unacknowledged for one in differences),
        unsound_seeds=tuple(name for name, (_, one) in found.items() if not one.is_sound),
    )


async def _cuts_of_run(times: int, seed: int, folder: Path, synchronous: str) -> Sequence[_Cut]:
    chance, journal = random.Random(seed), Journal()  # noqa: S311 - to be had again
    with disk_in_place() as disk:
        disk.fault = cutter = _Cutter(disk, folder, journal, chance, times)
        async with SQLiteStore(folder / "events.db", CODEC, synchronous=synchronous) as store:
            writing = [
                asyncio.ensure_future(
                    write_on(store, writer, journal, random.Random(f"{seed} {writer}"))  # noqa: S311 - as above
                )
                for writer in range(WRITERS)
            ]
            async with asyncio.timeout(_PATIENCE):
                await cutter.is_done.wait()
            for one in writing:
                one.cancel()
            await asyncio.wait(writing)
    return cutter.cuts
