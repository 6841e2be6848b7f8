"""The disk fails at one call, for every call there is (F3): figures of what came of it."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import apsw

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.lamp import ATTIC, CODEC, HALL, Event
from tests.faults.disk import Asked, Call, Disk, disk_in_place, io_error, write_out
from tests.faults.lamps import LOG_FILES, Difference, Journal, a_command, difference

_BEFORE: Final = 12
_AFTER: Final = 3
"""Commands of the story, and of what goes on after a kill."""
_TRIES: Final = 2
_FOLD_AT: Final = 30
"""Pages: so the story has the write-ahead log folded in, and begun anew."""


@dataclass(frozen=True, slots=True)
class IOErrors:
    """What came of an error at each call of a story, one story for each."""

    writes: int
    syncs: int
    truncates: int
    refused_to_open: int
    accepted: int
    refused: int
    accepted_after_failed_sync: int
    """By the same process."""
    unreadable: int
    """Stories after whose error something that was accepted could not be read any more."""
    lost: int
    doubled: int
    halved: int
    holes: int
    unsound: tuple[str, ...]
    """The calls after which the log was not what it must be, as `number call file`."""


@dataclass(frozen=True, slots=True)
class _Story:
    """How one story went, up to the power cut at its end."""

    hit: Asked
    """The call that failed."""
    was_opened: bool
    accepted: int
    refused: int
    accepted_after: int
    is_readable: bool
    left: tuple[Difference, ...]
    """What the disk held: after the power went, and after a kill, a restart, and then the same."""


class FailOnce:
    """Lets the call of this number fail."""

    def __init__(self, at: int) -> None:
        self.hit: Asked | None = None
        self._left = at

    def __call__(self, asked: Asked) -> None:
        self._left -= 1
        if not self._left:
            self.hit = asked
            raise io_error(asked.call)


async def fail_at_every_call(
    folder: Path, store: type[SQLiteStore[Event]] = SQLiteStore
) -> IOErrors:
    """Tell the same story again and again, with an error at its first call, its second, and so on.

    Then the power is cut; or the server is killed, it goes on, and then the power is cut. Either
    way the log must hold what was acknowledged.
    """
    stories: list[_Story] = []
    for at in count(1):
        here = folder / f"call-{at}"
        here.mkdir()
        story = await _told(here, at, store)
        if story is None:
            break
        stories.append(story)
    calls = [one.hit.call for one in stories]
    left = [difference for one in stories for difference in one.left]
    return IOErrors(
        writes=calls.count(Call.WRITE),
        syncs=calls.count(Call.SYNC),
        truncates=calls.count(Call.TRUNCATE),
        refused_to_open=sum(not one.was_opened for one in stories),
        accepted=sum(one.accepted for one in stories),
        refused=sum(one.refused for one in stories),
        accepted_after_failed_sync=sum(
            one.accepted_after for one in stories if one.hit.call is Call.SYNC
        ),
        unreadable=sum(not one.is_readable for one in stories),
        lost=sum(one.lost for one in left),
        doubled=sum(one.doubled for one in left),
        halved=sum(one.halved for one in left),
        holes=sum(one.holes for one in left),
        unsound=tuple(
            f"{at} {one.hit.call} {Path(one.hit.file).name}"
            for at, one in enumerate(stories, 1)
            if not all(difference.is_sound for difference in one.left)
        ),
    )


async def _told(folder: Path, at: int, kind: type[SQLiteStore[Event]]) -> _Story | None:
    """One story; None if it has not so many calls."""
    with disk_in_place() as disk:
        disk.fault = failing = FailOnce(at)
        journal, was_opened, accepted_after, is_readable = Journal(), False, 0, True
        # An error at the end is passed over by SQLite, but not by APSW.
        with suppress(StoreUnavailable, apsw.IOError):
            async with kind(folder / "events.db", CODEC) as store:
                was_opened = True
                accepted_after = await _record(store, HALL, _BEFORE, journal, failing)
                is_readable = await _is_readable(store, journal)
                disk.kill_into(folder, folder / "killed")
        if failing.hit is None:
            return None
        accepted, refused = len(journal.acknowledged), len(journal.refused)
        left = [await _after_cut(disk, folder, journal, at)]
        if was_opened:
            disk.fault = gone_on = FailOnce(0)
            async with kind(folder / "killed" / "events.db", CODEC) as store:
                await _record(store, ATTIC, _AFTER, journal, gone_on)
                left.append(await _after_cut(disk, folder / "killed", journal, at))
    return _Story(
        failing.hit, was_opened, accepted, refused, accepted_after, is_readable, tuple(left)
    )


async def _record(
    store: SQLiteStore[Event], stream: StreamName, times: int, journal: Journal, failing: FailOnce
) -> int:
    """Record one command after another, each that fails once more.

    Returns:
        How many were accepted once the disk had failed.
    """
    store._writer.fold_at = _FOLD_AT  # noqa: SLF001 - or it would take a long story
    chance = random.Random(stream)  # noqa: S311 - the same story each time
    version = accepted_after = 0
    for number in range(times):
        append = a_command(stream, version, number, chance)
        for _ in range(_TRIES):
            outcome = await journal.keep(store, append)
            if outcome is not None:
                version = outcome.version
                accepted_after += failing.hit is not None
                break
    return accepted_after


async def _is_readable(store: SQLiteStore[Event], journal: Journal) -> bool:
    """Whether all that was acknowledged can be read."""
    log = await store.read_log(BEGINNING, 1_000)
    acknowledged = {one.append.command_id for one in journal.acknowledged}
    return acknowledged <= {one.command_id for one in log}


async def _after_cut(disk: Disk, folder: Path, journal: Journal, seed: int) -> Difference:
    """What the disk holds of the log in a folder if the power goes now."""
    after = folder / "after"
    chance = random.Random(seed)  # noqa: S311 - to be had again
    write_out(disk.after_cut(folder, chance), after, LOG_FILES)
    return await difference(after / "events.db", journal.asked, journal.acknowledged)
