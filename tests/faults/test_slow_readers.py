"""Players who do not read (F11): memory is bounded, and I9 holds for them too. Some 6 seconds."""

from pathlib import Path
from typing import Final

import pytest

from clouds_edges.server import outbox
from tests.faults.slow_readers import watch_without_reading
from tests.faults.test_hostile_crowds import MUCH_TOO_SLOW

MOST_LINES: Final = 3_000
"""How much the machine of a slow reader takes before the server has to wait is its own choice."""


async def test_who_does_not_read_is_sent_away_and_comes_back_for_the_rest(tmp_path: Path) -> None:
    slow = await watch_without_reading(2, MOST_LINES, 1, tmp_path)

    assert slow.sent_away == slow.resumed == 2
    assert slow.errors == ()
    assert slow.lines_during < MOST_LINES
    assert slow.p99_during < MUCH_TOO_SLOW


async def test_without_a_limit_who_does_not_read_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(outbox, "MOST_WAITING", 10**12)
    slow = await watch_without_reading(2, 300, 1, tmp_path)

    assert slow.sent_away == 0
