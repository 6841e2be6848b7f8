"""One end falls silent (F13): the other notices, and the same token resumes. Some 10 seconds.

Most of the minute that it takes is spent waiting for the real budget of a ping.
"""

import math
from contextlib import nullcontext
from pathlib import Path

import pytest

from clouds_edges.client import connection
from clouds_edges.server import counted_connection, serve
from clouds_edges.server.counted_connection import PING_SECONDS, CountedConnection
from tests.faults.half_open import fall_silent, take_no_bytes

BUDGET = 2 * PING_SECONDS
SLACK = 10.0


def ping_every(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "PING_SECONDS", seconds)
    monkeypatch.setattr(counted_connection, "PING_SECONDS", seconds)
    monkeypatch.setattr(connection, "_PING_SECONDS", seconds)


async def test_both_ends_notice_silence_and_the_client_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ping_every(0.5, monkeypatch)
    silence = await fall_silent(tmp_path)

    assert silence.server_noticed < 1 + SLACK
    assert silence.client_noticed < 1 + SLACK
    assert silence.server_noticed_stop < 1 + SLACK
    assert silence.resumed == 2
    assert silence.errors == ()


async def test_without_pings_the_server_notices_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    ping_every(1_000, monkeypatch)
    silence = await fall_silent(tmp_path, patience=2)

    assert silence.server_noticed == silence.client_noticed == math.inf
    assert silence.server_noticed_stop == math.inf


@pytest.mark.timeout(120)
async def test_a_client_that_takes_no_bytes_is_noticed_in_time(tmp_path: Path) -> None:
    assert await take_no_bytes(tmp_path) < BUDGET + SLACK


@pytest.mark.timeout(120)
async def test_where_nothing_cuts_it_off_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(CountedConnection, "_cut_off_after", lambda *_: nullcontext())

    assert await take_no_bytes(tmp_path, patience=BUDGET + 2) == math.inf
