"""Captured frames are said again (F9): I2 and I8 hold. Some 2 seconds."""

from pathlib import Path

import pytest

from clouds_edges.protocol.messages import CloseCode
from tests.faults.forgetful import forget_ids
from tests.faults.replays import replay_orders


async def test_captured_orders_are_of_no_use_on_another_connection(tmp_path: Path) -> None:
    replays = await replay_orders(20, 1, tmp_path)

    assert replays.of_strangers == {"not_seated": 20}
    assert replays.of_opponents.keys() <= {"not_your_turn", "line_taken"}
    assert sum(replays.of_opponents.values()) == 20
    assert replays.of_themselves == {"duplicate": 20}
    assert replays.without_greeting == CloseCode.NO_GREETING
    assert replays.effects == 0
    assert replays.effects_with_token == 1  # the control: that would have been seen
    assert replays.errors == ()


async def test_a_server_that_does_not_know_an_order_again_takes_repeats_for_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    forget_ids(monkeypatch)
    replays = await replay_orders(4, 1, tmp_path)

    assert "duplicate" not in replays.of_themselves
