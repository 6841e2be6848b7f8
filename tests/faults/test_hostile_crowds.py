"""Junk, bad handshakes, idle sockets (F12): I9 holds for who plays meanwhile. Some 10 seconds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from clouds_edges.protocol.frames import MalformedFrame, parse_client_frame
from clouds_edges.protocol.messages import AskRecord, ClientMessage
from clouds_edges.server import player_session
from tests.faults.hostile_crowds import STRICT, Crowd, knock_badly, stand_idle, throw_junk

MUCH_TOO_SLOW: Final = 2_000
"""Milliseconds; how much slower it gets is measured where nothing else runs."""


async def test_junk_ends_in_the_right_codes_and_disturbs_nobody(tmp_path: Path) -> None:
    crowd = await throw_junk(1_000, 1, tmp_path)

    assert_undisturbed(crowd)
    assert {"4002", "1007", "1009"} <= crowd.ends.keys()


async def test_who_reads_junk_carelessly_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""

    def parse_carelessly(frame: str | bytes) -> ClientMessage:
        try:
            return parse_client_frame(frame)
        except MalformedFrame:
            return AskRecord(**json.loads(frame))

    monkeypatch.setattr(player_session, "parse_client_frame", parse_carelessly)
    crowd = await throw_junk(100, 1, tmp_path)

    assert crowd.wrong_ends.keys() == {"1011"}
    assert "a session has failed" in crowd.errors


async def test_bad_handshakes_end_in_the_right_codes_and_disturb_nobody(tmp_path: Path) -> None:
    crowd = await knock_badly(100, 1, tmp_path)

    assert_undisturbed(crowd)
    assert sum(crowd.ends.values()) >= 100


async def test_idle_sockets_make_room_and_disturb_nobody(tmp_path: Path) -> None:
    crowd = await stand_idle(200, 1, tmp_path)

    assert_undisturbed(crowd)
    assert crowd.held <= STRICT.waiting_of_address + 1


async def test_without_doors_idle_sockets_stay(tmp_path: Path) -> None:
    """The control."""
    limits = replace(STRICT, waiting=10_000, waiting_of_address=10_000)
    crowd = await stand_idle(200, 1, tmp_path, limits=limits)

    assert crowd.held > 150


def assert_undisturbed(crowd: Crowd) -> None:
    assert crowd.errors == ()
    assert crowd.wrong_ends == {}
    assert crowd.held_after == 0
    assert crowd.lines_during > 5
    assert crowd.p99_during < MUCH_TOO_SLOW
