"""Whatever befalls the server and its clients (F1, F7 to F10, F14, F15, F20): I1 to I4, I6 to I9.

Some 80 seconds, in chunks that workers share.
"""

import os
import subprocess
import sys
from typing import Final

import pytest

from tests.faults.simulated_server import MakeStore
from tests.faults.simulations import seeds_that_failed_once, simulate_all
from tests.faults.unsound_stores import without_command_ids, without_flush

_SEEDS: Final = 1000
_CHUNK: Final = 50
_SOME: Final = range(20)
_COMMON: Final = {
    "clock_stood",
    "game_closed",
    "grace_ended",
    "player_renamed",
    "player_returned",
    "server_unfrozen",
    "time_ran_out",
}
"""What happens in some of any so many seeds, else the simulations have become tame."""


def test_seeds_that_failed_once_do_not_any_more() -> None:
    assert simulate_all(seeds_that_failed_once()).unsound == ()


@pytest.mark.parametrize("first", range(0, _SEEDS, _CHUNK))
@pytest.mark.timeout(300)
def test_every_invariant_holds_whatever_happens(first: int) -> None:
    figures = simulate_all(range(first, first + _CHUNK))

    assert figures.unsound == ()
    assert figures.seeds == _CHUNK
    assert min(figures.accepted, figures.duplicates, figures.crashes, figures.cuts) > 10
    assert figures.kinds >= _COMMON


@pytest.mark.parametrize("make_store", [without_command_ids, without_flush])
def test_a_store_that_does_not_do_what_it_must_is_found_out(make_store: MakeStore) -> None:
    """The controls."""
    figures = simulate_all(_SOME, make_store)

    assert len(figures.unsound) > 3


def test_the_same_seeds_do_the_same_again() -> None:
    seeds = (*range(4), *seeds_that_failed_once())
    here = simulate_all(seeds)

    assert simulate_all(seeds) == here
    assert _log_hash_elsewhere(seeds) == here.log_hash
    assert simulate_all(seeds[1:]).log_hash != here.log_hash


def _log_hash_elsewhere(seeds: tuple[int, ...]) -> str:
    """In a process in which texts have other hashes."""
    program = (
        f"from tests.faults.simulations import simulate_all;print(simulate_all({seeds!r}).log_hash)"
    )
    other = {**os.environ, "PYTHONHASHSEED": "77"}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], env=other, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
