"""Answers are lost, and orders given again (F8): I2 holds. Some 2 seconds."""

from pathlib import Path

import pytest

from tests.faults.forgetful import forget_ids
from tests.faults.resent_orders import AT_ONCE, resend_orders


async def test_an_order_given_again_has_its_first_outcome(tmp_path: Path) -> None:
    resent = await resend_orders(4, tmp_path)

    assert resent.orders == 8
    assert resent.answers == {"duplicate": 8 * 2 * AT_ONCE}
    assert resent.unlike == resent.doubled == 0
    assert resent.conflicts == 8
    assert resent.errors == ()


async def test_a_server_that_does_not_know_an_order_again_obeys_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    forget_ids(monkeypatch)
    resent = await resend_orders(2, tmp_path)

    assert resent.doubled >= 2
    assert resent.conflicts == 0
