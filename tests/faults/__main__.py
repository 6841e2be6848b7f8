"""`python -m tests.faults`: inject every fault as often as is published, and keep what came of it.

It takes some ten minutes; `--long` takes three times as many of most, and an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import platform
import sys
from collections.abc import Coroutine
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

import apsw
import pytest

from clouds_edges import __version__
from clouds_edges.protocol.frames import MalformedFrame, parse_client_frame
from clouds_edges.protocol.messages import AskRecord, ClientMessage
from clouds_edges.server import outbox, player_session
from tests.faults.cut_orders import cut_orders
from tests.faults.full_disks import SmallDisk, fill_often
from tests.faults.garbling import garble_often
from tests.faults.half_open import fall_silent
from tests.faults.hostile_crowds import STRICT, Crowd, knock_badly, stand_idle, throw_junk
from tests.faults.hostile_figures import look_for_canaries, show_hostile_text
from tests.faults.io_errors import fail_at_every_call
from tests.faults.kills import kill_often
from tests.faults.power_cuts import cut_often
from tests.faults.published import Measured, Published, table, write
from tests.faults.races import play_at_many_devices, race_for_lines, race_for_seats
from tests.faults.server_process import HASTY
from tests.faults.simulations import simulate_all
from tests.faults.slow_readers import SlowReaders, watch_without_reading
from tests.faults.test_garbling import trusting
from tests.faults.test_io_errors import Careless
from tests.faults.unsound_stores import without_command_ids

T = TypeVar("T")

_SEED: Final = 1
_LINES: Final = 400
"""Lines drawn before and during a crowd, so that one in a hundred is more than one."""


def main() -> None:
    """Inject, and write the figures and the table in the README."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--long", action="store_true", help="300 kills and cuts, 10,000 seeds")
    is_long = parser.parse_args().long
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory() as folder:
        published = _published(_Folders(Path(folder)), is_long=is_long)
    write(published)
    sys.stdout.write(table(published))


class _Folders:
    """A new folder for each fault."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made = 0

    def new(self) -> Path:
        """The next one."""
        self._made += 1
        folder = self._root / str(self._made)
        folder.mkdir()
        return folder


def _published(folders: _Folders, *, is_long: bool) -> Published:
    new = folders.new
    return Published(
        clouds_edges=__version__,
        python=platform.python_version(),
        sqlite=apsw.sqlite_lib_version(),
        websockets=version("websockets"),
        is_long=is_long,
        kills=Measured(
            _told("kills", kill_often(300 if is_long else 100, _SEED, new())),
            _told("their control", kill_often(6, _SEED, new(), HASTY)),
        ),
        power_cuts=Measured(
            _told("power cuts", cut_often(900 if is_long else 300, _SEED, new())),
            _told("their control", cut_often(300, _SEED, new(), "NORMAL")),
        ),
        io_errors=Measured(
            _told("errors of the disk", fail_at_every_call(new())),
            _told("their control", fail_at_every_call(new(), Careless)),
        ),
        full_disks=Measured(
            _told("full disks", fill_often(30 if is_long else 10, _SEED, new())),
            _told("their control", fill_often(10, _SEED, new(), SmallDisk())),
        ),
        garbled=Measured(
            _told("garbled files", garble_often(range(6000 if is_long else 2000), new())),
            _told("their control", garble_often(range(200), new(), trusting)),
        ),
        junk=Measured(
            _told("junk", throw_junk(10_000, _SEED, new(), _LINES)),
            _told("its control", _read_carelessly(new())),
        ),
        bad_handshakes=_told("bad handshakes", knock_badly(1_000, _SEED, new(), _LINES)),
        idle_sockets=Measured(
            _told("idle sockets", stand_idle(1_000, _SEED, new(), _LINES)),
            _told("their control", _without_doors(new())),
        ),
        slow_readers=Measured(
            _told("slow readers", watch_without_reading(4, 1_000, _SEED, new())),
            _told("their control", _without_limit(new())),
        ),
        cut_orders=_told("cut orders", cut_orders(1, new())),
        silence=_told("silence", fall_silent(new())),
        many_devices=_told("many devices", play_at_many_devices(20, _SEED, new())),
        races_for_seats=_told("races for seats", race_for_seats(30, _SEED, new())),
        races_for_lines=_told("races for lines", race_for_lines(30, _SEED, new())),
        hostile_text=_told("hostile text", show_hostile_text(new())),
        canaries=look_for_canaries(new()),
        simulations=Measured(
            simulate_all(range(10_000 if is_long else 1_000)),
            simulate_all(range(20), without_command_ids),
        ),
    )


def _told(what: str, injecting: Coroutine[Any, Any, T]) -> T:
    """What came of it, saying what goes on."""
    sys.stderr.write(f"{what} …\n")
    return asyncio.run(injecting)


async def _without_doors(folder: Path) -> Crowd:
    limits = replace(STRICT, waiting=10_000, waiting_of_address=10_000)
    return await stand_idle(200, _SEED, folder, limits=limits)


async def _read_carelessly(folder: Path) -> Crowd:
    def parse(frame: str | bytes) -> ClientMessage:
        try:
            return parse_client_frame(frame)
        except MalformedFrame:
            return AskRecord(**json.loads(frame))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(player_session, "parse_client_frame", parse)
        return await throw_junk(100, _SEED, folder)


async def _without_limit(folder: Path) -> SlowReaders:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "MOST_WAITING", 10**12)
        return await watch_without_reading(2, 300, _SEED, folder)


if __name__ == "__main__":
    main()
