"""Connections are cut after any number of bytes (F7): I2 and I9 hold. Some 5 seconds."""

from pathlib import Path

import pytest

from tests.faults.cut_orders import cut_orders
from tests.faults.forgetful import forget_ids

STRIDE = 5


async def test_an_order_whose_connection_is_cut_has_one_effect_and_its_player_knows(
    tmp_path: Path,
) -> None:
    cut = await cut_orders(STRIDE, tmp_path)

    assert cut.lost == cut.doubled == cut.gaps == 0
    assert cut.errors == ()
    assert cut.cut > 50
    assert cut.answers.keys() == {"accepted", "duplicate"}


async def test_a_server_that_does_not_know_an_order_again_refuses_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    forget_ids(monkeypatch)
    cut = await cut_orders(STRIDE, tmp_path)

    assert cut.answers["refused"] > 20
