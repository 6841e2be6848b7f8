"""The power is cut (F2): I1, I2 and I3 hold. Some 5 seconds."""

from pathlib import Path

from tests.faults.power_cuts import cut_often


async def test_a_power_cut_takes_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    cuts = await cut_often(30, 1, tmp_path)

    assert cuts.unsound_seeds == ()
    assert cuts.lost == cuts.doubled == cuts.halved == cuts.holes == 0
    assert cuts.cuts == 30
    assert cuts.acknowledged > 100


async def test_without_a_flush_at_every_commit_it_does(tmp_path: Path) -> None:
    """The control."""
    cuts = await cut_often(10, 1, tmp_path, synchronous="NORMAL")

    assert cuts.cuts_that_lost > 5
