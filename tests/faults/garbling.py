"""The file of a closed log is overwritten or cut off somewhere (F5): figures of what is served."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import (
    CommandReused,
    StoreUnavailable,
    StreamQuarantined,
)
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.lamp import CODEC, Event
from tests.faults.lamps import Acknowledged, Journal, a_command

_STREAMS: Final = 6
_COMMANDS: Final = 20
"""Of each stream."""
_MOST_BYTES: Final = 512
_CUTS: Final = 0.2
"""How many of the damages cut the file off."""

Open: TypeAlias = Callable[[Path], SQLiteStore[Event]]
Log: TypeAlias = Sequence[Recorded[Event]]


class Found(StrEnum):
    """What whoever opens and reads a damaged log finds; the worst that is found counts."""

    WHOLE = "whole"
    """Nothing is missing or changed: the damage is where nothing was."""
    NOTICED = "noticed"
    """A stream is shorter, and the receipts of its players say so."""
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"
    """A stream or the log cannot be read, which is said in a sentence."""
    REFUSED = "refused"
    """The log is not opened, which is said in a sentence."""
    UNNOTICED = "unnoticed"
    """A stream is shorter, and the receipts of its players do not say so."""
    CHANGED = "changed"
    """Something is served as true that was never recorded."""
    CRASHED = "crashed"
    """An error that nobody expects."""


@dataclass(frozen=True, slots=True)
class Garbled:
    """What came of so many damages."""

    seed: int
    """The first one; the others follow."""
    damages: int
    found: Mapping[str, int]
    """How often, by the values of `Found`."""
    forgotten_commands: int
    """Commands that a whole log does not know to have taken effect; `admin verify` tells."""
    other_answers: int
    """Repeats of commands that were answered otherwise than at first."""
    unsound_seeds: tuple[str, ...]
    """The damages after which something was served that must not be, with what that is."""


def opened_log(path: Path) -> SQLiteStore[Event]:
    """A log as the server opens it."""
    return SQLiteStore(path, CODEC)


class _Answer(StrEnum):
    """How a command that was acknowledged is answered when it comes again."""

    SAME = "same"
    NONE = "none"
    OTHER = "other"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class _Find:
    """What is found of one damaged log."""

    worst: Found
    forgotten: int = 0
    otherwise: int = 0

    @property
    def is_unsound(self) -> bool:
        """Whether something was served that must not be."""
        unsound = {Found.UNNOTICED, Found.CHANGED, Found.CRASHED}
        return self.worst in unsound or self.otherwise > 0


async def garble_often(seeds: Sequence[int], folder: Path, opened: Open = opened_log) -> Garbled:
    """Damage a log once for each seed, and look each time what is served of it."""
    journal = await _written(folder / "sound.db")
    sound = await _log(folder / "sound.db")
    finds: dict[int, _Find] = {}
    for number in seeds:
        damaged = folder / f"{number}" / "events.db"
        damaged.parent.mkdir()
        shutil.copy(folder / "sound.db", damaged)
        garble(damaged, random.Random(number))  # noqa: S311 - to be had again
        finds[number] = await _find(damaged, sound, journal, opened)
        shutil.rmtree(damaged.parent)
    return Garbled(
        seed=seeds[0],
        damages=len(seeds),
        found=Counter(one.worst.value for one in finds.values()),
        forgotten_commands=sum(one.forgotten for one in finds.values()),
        other_answers=sum(one.otherwise for one in finds.values()),
        unsound_seeds=tuple(
            f"{number} {one.worst}" for number, one in finds.items() if one.is_unsound
        ),
    )


def garble(path: Path, chance: random.Random) -> None:
    """Overwrite 1 to 512 bytes of a file, or cut it off."""
    content = bytearray(path.read_bytes())
    offset = chance.randrange(len(content))
    if chance.random() < _CUTS:
        del content[offset:]
    else:
        some = chance.randbytes(chance.randint(1, _MOST_BYTES))
        content[offset : offset + len(some)] = some[: len(content) - offset]
    path.write_bytes(content)


async def _written(path: Path) -> Journal:
    """A closed log, and what was acknowledged of it."""
    journal, chance = Journal(), random.Random(1)  # noqa: S311 - the same log each time
    versions = dict.fromkeys((StreamName(f"lamp/{number}") for number in range(_STREAMS)), 0)
    async with SQLiteStore(path, CODEC) as store:
        for number in range(_COMMANDS):
            for stream, version in tuple(versions.items()):
                append = a_command(stream, version, number, chance)
                outcome = await journal.keep(store, append)
                assert outcome is not None
                versions[stream] = outcome.version
    return journal


async def _log(path: Path) -> Log:
    async with SQLiteStore(path, CODEC) as store:
        return await store.read_log(BEGINNING, 1_000_000)


async def _find(path: Path, sound: Log, journal: Journal, opened: Open) -> _Find:
    try:
        async with opened(path) as store:
            finds = [await _in_log(store, sound)]
            finds += [await _in_stream(store, one, sound) for one in {one.stream for one in sound}]
            worst = max(finds, key=[*Found].index)
            answers = [await _answer(store, one) for one in journal.acknowledged]
            return _Find(
                worst,
                forgotten=answers.count(_Answer.NONE) if worst is Found.WHOLE else 0,
                otherwise=answers.count(_Answer.OTHER),
            )
    except StoreUnavailable:
        return _Find(Found.REFUSED)
    except Exception:  # noqa: BLE001 - which is what must not be
        return _Find(Found.CRASHED)


async def _in_log(store: SQLiteStore[Event], sound: Log) -> Found:
    try:
        log = await store.read_log(BEGINNING, 1_000_000)
    except StoreUnavailable:
        return Found.UNREADABLE
    return Found.WHOLE if {*log} <= {*sound} else Found.CHANGED


async def _in_stream(store: SQLiteStore[Event], stream: StreamName, sound: Log) -> Found:
    before = [one for one in sound if one.stream == stream]
    try:
        events = await store.read_stream(stream)
        head = await store.head_at(stream, len(before))
    except StreamQuarantined:
        return Found.QUARANTINED
    except StoreUnavailable:
        return Found.UNREADABLE
    if events != before[: len(events)]:
        return Found.CHANGED
    if len(events) == len(before):
        return Found.WHOLE
    return Found.UNNOTICED if head == before[-1].hash else Found.NOTICED


async def _answer(store: SQLiteStore[Event], one: Acknowledged) -> _Answer:
    """How a repeat is answered, before anything is decided anew."""
    append = one.append
    try:
        outcome = await store.outcome_of(append.by, append.command_id, append.body)
    except (CommandReused, StoreUnavailable):
        return _Answer.REFUSED
    if outcome is None:
        return _Answer.NONE
    return _Answer.SAME if outcome == one.outcome else _Answer.OTHER
