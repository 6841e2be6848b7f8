"""Many simulations, as figures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.simulated_server import MakeStore, sound_store
from tests.faults.simulation import InvariantBroken, Simulated, simulate

_FAILED_ONCE: Final = Path(__file__).with_name("failing_seeds.txt")


@dataclass(frozen=True, slots=True)
class Simulations:
    """What came of so many seeds; counts are those of the sound ones."""

    seeds: int
    events: int
    orders: int
    accepted: int
    duplicates: int
    refused: int
    games: int
    starts: int
    crashes: int
    cuts: int
    hours: float
    """Of virtual time."""
    kinds: frozenset[str]
    """Of the events."""
    log_hash: str
    """Over the logs of all, in the order of the seeds."""
    unsound: tuple[str, ...]
    """What did not hold, each beginning with its seed."""


def simulate_all(seeds: Iterable[int], make_store: MakeStore = sound_store) -> Simulations:
    """Simulate one seed after the other, and go on behind those that are not sound."""
    done: list[Simulated] = []
    unsound: list[str] = []
    for seed in seeds:
        try:
            done.append(simulate(seed, make_store))
        except InvariantBroken as broken:
            unsound.append(str(broken))
    hashes = "".join(one.log_hash for one in done)
    return Simulations(
        seeds=len(done) + len(unsound),
        events=sum(one.events for one in done),
        orders=sum(one.orders for one in done),
        accepted=sum(one.accepted for one in done),
        duplicates=sum(one.duplicates for one in done),
        refused=sum(one.refused for one in done),
        games=sum(one.games for one in done),
        starts=sum(one.starts for one in done),
        crashes=sum(one.crashes for one in done),
        cuts=sum(one.cuts for one in done),
        hours=round(sum(one.seconds for one in done) / 3600, 2),
        kinds=frozenset(kind for one in done for kind in one.kinds),
        log_hash=hashlib.sha256(hashes.encode()).hexdigest(),
        unsound=tuple(unsound),
    )


def seeds_that_failed_once() -> Iterator[int]:
    """Those that led to something that was mended since."""
    for line in _FAILED_ONCE.read_text(encoding="utf-8").splitlines():
        seed, _, _ = line.partition(" ")
        if seed.isdecimal():
            yield int(seed)
