"""Races for a line and a seat (F15), and a player at many devices (F14): I2, I5, I8, I9.

Some 5 seconds.
"""

import asyncio
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from clouds_edges.eventsourcing import command_handler
from tests.faults.forgetful import forget_ids
from tests.faults.races import RACERS, play_at_many_devices, race_for_lines, race_for_seats


async def test_one_of_many_gets_the_seat(tmp_path: Path) -> None:
    races = await race_for_seats(10, 1, tmp_path)

    assert races.uneven == races.errors == ()
    assert races.winners == 10
    assert races.refusals.keys() <= {"already_playing", "too_many_games"}
    assert sum(races.refusals.values()) == 10 * (RACERS - 1)


async def test_where_there_are_two_seats_two_get_one(tmp_path: Path) -> None:
    """The control of the count."""
    races = await race_for_seats(2, 1, tmp_path, seats=3)

    assert races.winners == 4
    assert len(races.uneven) == 2


async def test_one_of_many_draws_the_line(tmp_path: Path) -> None:
    races = await race_for_lines(10, 1, tmp_path)

    assert races.uneven == races.errors == ()
    assert races.winners == 10
    assert races.refusals.keys() == {"line_taken", "not_your_turn"}
    assert sum(races.refusals.values()) == 10 * (RACERS - 1)


class _NoLock(asyncio.Lock):
    async def acquire(self) -> Literal[True]:
        return True

    def release(self) -> None: ...


async def test_without_a_lock_and_a_second_try_those_who_lose_are_not_told_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    unlocked = partial(command_handler._Aggregate, lock=_NoLock())  # noqa: SLF001 - its lock is what is taken away
    monkeypatch.setattr(command_handler, "_Aggregate", unlocked)
    monkeypatch.setattr(command_handler, "_TRIES", 1)
    races = await race_for_lines(10, 1, tmp_path)

    assert "version_conflict" in races.refusals


async def test_at_many_devices_one_order_has_one_effect_and_a_turn_is_taken_once(
    tmp_path: Path,
) -> None:
    played = await play_at_many_devices(5, 1, tmp_path)

    assert played.uneven == played.unlike == played.errors == ()
    assert played.effects_of_one_order == played.turns_taken == 5
    assert played.refusals.keys() == {"not_your_turn"}
    assert played.duplicates == played.refusals["not_your_turn"] > 5


async def test_a_server_that_does_not_know_an_order_again_knows_no_duplicates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    forget_ids(monkeypatch)
    played = await play_at_many_devices(2, 1, tmp_path)

    assert played.duplicates == 0
