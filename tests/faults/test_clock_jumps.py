"""The clock of the machine jumps by an hour (F10): I3 and I11 hold. Some 2 seconds."""

from pathlib import Path

import pytest

from clouds_edges.server import serve
from tests.faults.clock_jumps import jump_often

SLOW = 30.0
"""Seconds that a line may take on a slow machine; an hour is more."""


async def test_a_clock_that_jumps_changes_no_order_and_takes_nobody_time(tmp_path: Path) -> None:
    jumps = await jump_often(4, tmp_path)

    assert jumps.lines == 10
    assert jumps.refused == jumps.back_in_time == 0
    assert jumps.most_taken < SLOW
    assert jumps.most_given == 0
    assert jumps.tokens_dead == jumps.codes_dead == jumps.codes_revived == 0
    assert jumps.errors == ()


async def test_without_a_steady_clock_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(serve, "steady_clock", lambda wall, _monotonic: wall)
    jumps = await jump_often(1, tmp_path)

    assert jumps.codes_dead == 1
    assert jumps.refused > 0
