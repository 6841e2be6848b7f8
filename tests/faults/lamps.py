"""People who switch lamps all at once, and write down what the log has acknowledged."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append, Outcome
from tests.eventsourcing.lamp import CODEC, Event, Labelled, to_append

WRITERS: Final = 8
LOG_FILES: Final = ("events.db", "events.db-wal", "events.db-journal")
"""Of what is on a disk, all that a log can be in."""
_LARGEST_LABEL: Final = 3_000
"""Characters; most of a page, so that the log fills the write-ahead log and is folded in often."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A command, and what was answered."""

    append: Append[Event]
    outcome: Outcome


@dataclass(slots=True)
class Journal:
    """What was asked for, and what was acknowledged, in the order of the answers."""

    asked: list[Append[Event]] = field(default_factory=list)
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[Append[Event]] = field(default_factory=list)

    async def keep(self, store: SQLiteStore[Event], append: Append[Event]) -> Outcome | None:
        """Record a command, and what was answered; None if it was refused."""
        self.asked.append(append)
        try:
            outcome = (await store.append(append)).outcome
        except StoreUnavailable:
            self.refused.append(append)
            return None
        self.acknowledged.append(Acknowledged(append, outcome))
        return outcome


@dataclass(frozen=True, slots=True)
class Difference:
    """How a log differs from a journal: all but `unacknowledged` must be nothing."""

    lost: int
    """Acknowledged commands that are not there as they were acknowledged."""
    doubled: int
    """Events that are there twice."""
    halved: int
    """Commands of which only a part is there."""
    holes: int
    """Positions and versions that are not the next."""
    unacknowledged: int
    """Commands that are there, though nobody was told so."""

    @property
    def is_sound(self) -> bool:
        """Whether the log holds what it must, and nothing that it must not."""
        return not (self.lost or self.doubled or self.halved or self.holes)


def a_command(stream: StreamName, after: int, number: int, chance: random.Random) -> Append[Event]:
    """One to three events, told apart by their labels."""
    events = [
        Labelled(f"{number}.{part} " + "x" * chance.randrange(_LARGEST_LABEL))
        for part in range(chance.randint(1, 3))
    ]
    return to_append(*events, stream=stream, after=after, command_id=f"{stream} {number}")


async def write_on(
    store: SQLiteStore[Event], writer: int, journal: Journal, chance: random.Random
) -> None:
    """Record one command after another, for ever; ends where one is refused."""
    stream = StreamName(f"lamp/{writer}")
    version = 0
    for number in count(1):
        outcome = await journal.keep(store, a_command(stream, version, number, chance))
        if outcome is None:
            return
        version = outcome.version


async def difference(
    path: Path, asked: Sequence[Append[Event]], acknowledged: Sequence[Acknowledged]
) -> Difference:
    """Open a log as the server does, and compare it with what was asked for and acknowledged."""
    async with SQLiteStore(path, CODEC) as store:
        log = await store.read_log(BEGINNING, 1_000_000)
        kept = await asyncio.gather(*(_is_kept(store, one) for one in acknowledged))
    found = Counter(one.command_id for one in log)
    told = {one.append.command_id for one in acknowledged}
    sizes = {one.command_id: len(one.events) for one in asked}
    return Difference(
        lost=kept.count(False),
        doubled=len(log) - len({(one.stream, one.event) for one in log}),
        halved=sum(count != sizes[command] for command, count in found.items()),
        holes=holes(log),
        unacknowledged=len(found.keys() - told),
    )


async def _is_kept(store: SQLiteStore[Event], one: Acknowledged) -> bool:
    """Whether a command is answered as before when it is asked for again."""
    append = one.append
    outcome = await store.outcome_of(append.by, append.command_id, append.body)
    head = await store.head_at(one.outcome.stream, one.outcome.version)
    return outcome == one.outcome and head == one.outcome.head


def holes(log: Sequence[Recorded[object]]) -> int:
    """Positions and versions that are not the next."""
    found = sum(one.position != number for number, one in enumerate(log, 1))
    versions: Counter[StreamName] = Counter()
    for one in log:
        versions[one.stream] += 1
        found += one.version != versions[one.stream]
    return found
