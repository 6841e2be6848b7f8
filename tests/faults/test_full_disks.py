"""The disk is full (F4): I1 and I3 hold, and the server lives. Some 8 seconds."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.full_disks import FullDisks, SmallDisk, fill_file_system_often, fill_often


def _is_as_it_must_be(disks: FullDisks) -> bool:
    return (
        disks.refused_otherwise == disks.unreadable == disks.lost == disks.holes == 0
        and disks.resumed == disks.rounds
        and disks.is_counted
    )


async def test_a_full_disk_stops_the_game_and_nothing_else(tmp_path: Path) -> None:
    disks = await fill_often(6, 1, tmp_path)

    assert _is_as_it_must_be(disks), disks
    assert disks.refused > 0


async def test_with_space_nothing_is_refused(tmp_path: Path) -> None:
    """The control: it is the disk that stops the game."""
    disks = await fill_often(6, 1, tmp_path, SmallDisk())

    assert _is_as_it_must_be(disks), disks
    assert disks.refused == 0


@pytest.fixture
def home_on_a_small_disk(tmp_path: Path) -> Iterator[Path]:
    """A home whose folder `data` is a file system of its own, where that may be made."""
    data = tmp_path / "data"
    data.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("there is no program here that mounts file systems")
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(data)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603 - our own
        pytest.skip("no file system can be mounted here")
    yield tmp_path
    subprocess.run(["umount", str(data)], check=True)  # noqa: S603, S607 - our own


async def test_a_full_file_system_stops_the_game_and_nothing_else(
    home_on_a_small_disk: Path,
) -> None:
    disks = await fill_file_system_often(6, 1, home_on_a_small_disk)

    assert _is_as_it_must_be(disks), disks
    assert disks.refused > 0
