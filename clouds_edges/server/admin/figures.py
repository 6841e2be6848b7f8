"""The server's figures, gathered when somebody asks for them."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import apsw

from clouds_edges import __version__
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.protocol.admin_answers import QuarantinedRow, SystemIs

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clouds_edges.application.system import System
    from clouds_edges.eventsourcing.errors import StreamQuarantined
    from clouds_edges.server.doors import Doors
    from clouds_edges.server.presence import Presence
    from clouds_edges.server.pulse import Pulse

_STATISTICS: Final = Path("/proc/self/statm")
_RESIDENT: Final = 1
"""Its second number: resident pages."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Where the figures come from."""

    system: System
    doors: Doors
    presence: Presence
    pulse: Pulse
    folder: Path
    now: Callable[[], datetime]
    started_at: datetime

    async def system_is(self) -> SystemIs:
        """How the server does at this moment."""
        lobby = (await self.system.lobbies.load_sound(MAIN_LOBBY)).state
        live = sum(table.is_playing for table in lobby.tables.values())
        processes = [one.status for one in self.system.processes.values()]
        read_models = [one.status for one in self.system.read_models.values()]
        end = await self.system.store.end()
        now = self.now()
        return SystemIs(
            version=__version__,
            python=platform.python_version(),
            sqlite=apsw.sqlite_lib_version(),
            folder=str(self.folder),
            now=now,
            uptime_seconds=(now - self.started_at).total_seconds(),
            connections=self.doors.connections,
            players=self.presence.players,
            operators=self.doors.operators,
            games_open=len(lobby.tables) - live,
            games_live=live,
            events=end,
            events_a_second=self.pulse.events_a_second,
            lag=max(*(one.lag for one in processes), *(one.lag for one in read_models)),
            parked=sum(stuck.is_parked for one in processes for stuck in one.stuck),
            log_bytes=_size(self.folder / "events.db") + _size(self.folder / "events.db-wal"),
            memory_bytes=memory_bytes(),
            frozen=self.system.frozen,
            quarantined=tuple(map(_quarantined_row, self.system.store.quarantined.values())),
            log_trouble=self.system.store.trouble,
        )


def memory_bytes() -> int:
    """What the process holds in memory; 0 where the system does not tell."""
    try:
        pages = int(_STATISTICS.read_text(encoding="ascii").split()[_RESIDENT])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _quarantined_row(trouble: StreamQuarantined) -> QuarantinedRow:
    return QuarantinedRow(stream=trouble.stream, version=trouble.version, error=trouble.reason)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
