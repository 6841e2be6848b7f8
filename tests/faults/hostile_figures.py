"""F25 and F26 in figures, for the published run; the tests look at the same one by one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.cli.programs import serving
from tests.faults.canaries import everything_done
from tests.faults.hostile_frames import told
from tests.faults.hostile_log import write_log
from tests.faults.hostile_screens import (
    WITHOUT_FILTER,
    seen_at_first,
    seen_by_operator,
    seen_by_player,
)
from tests.faults.hostile_text import HOSTILE, MARK, OF_TEXTUAL, foreign_in, hostile

FRAMES = 6


@dataclass(frozen=True, slots=True)
class HostileText:
    """What was written to terminals: bytes, hostile texts in them, and foreign sequences.

    `foreign_without_filter` is the control: a single screen, with the filter taken out.
    """

    texts: int
    bytes_written: int
    texts_shown: int
    foreign: int
    foreign_without_filter: int


@dataclass(frozen=True, slots=True)
class HostileFrames:
    """How clients ended that were told golden frames, changed by chance."""

    clients: int
    frames_each: int
    ends: dict[str, int]


@dataclass(frozen=True, slots=True)
class Canaries:
    """Where secrets were looked for, and how many were found where they do not belong."""

    secrets: int
    places: int
    leaked: int


async def show_hostile_text(folder: Path) -> HostileText:
    """Walk over every screen of a player and of an operator; the folder is empty."""
    data = folder / "data"
    data.mkdir()
    await write_log(data, hostile())
    with serving(folder, "--host", "127.0.0.1", "--port", "0", "--data", str(data)):
        said = seen_by_operator(data, folder / "operator") + seen_by_player(
            hostile(), folder / "player"
        )
    control = seen_at_first(hostile(), folder / "control", WITHOUT_FILTER)
    return HostileText(
        texts=len(HOSTILE),
        bytes_written=len(said),
        texts_shown=said.count(MARK.encode()),
        foreign=len(foreign_in(said, OF_TEXTUAL)),
        foreign_without_filter=len(foreign_in(control, OF_TEXTUAL)),
    )


async def lie_to_clients(seeds: range) -> HostileFrames:
    """Tell one client a seed what cannot be, mostly."""
    ends = Counter(
        [str(await told(seed, FRAMES)).partition(":")[0].partition(",")[0] for seed in seeds]
    )
    return HostileFrames(len(seeds), FRAMES, dict(ends))


def look_for_canaries(folder: Path) -> Canaries:
    """Do everything with secrets that are known; each may be in one file at most."""
    done = everything_done(folder)
    leaked = sum(
        len({place for place in places if not place.endswith(("tokens.json", "admin.json"))})
        for places in done.found.values()
    )
    return Canaries(len(done.secrets), len(done.places), leaked)
