"""Operators of the tests: a server, and somebody who may ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from clouds_edges.application.system import CODEC, System
from clouds_edges.client.admin_connection import AdminConnection, read_access
from clouds_edges.eventsourcing.log_reader import MemoryLogReader
from clouds_edges.server.admin.administration import Administration, Views
from clouds_edges.server.admin.figures import Figures
from clouds_edges.server.admin.freezing import Freezing
from clouds_edges.server.admin.log import LogView
from clouds_edges.server.admin.long_work import LongWork
from clouds_edges.server.admin.processes import ProcessesView
from clouds_edges.server.admin.read_models import ReadModelsView
from clouds_edges.server.admin.storage import Storage
from clouds_edges.server.pulse import Pulse
from clouds_edges.server.session import OPERATOR
from clouds_edges.server.visitors import Visitors
from tests.application.playing import NOON
from tests.server.guests import House, serving


@asynccontextmanager
async def operating(folder: Path) -> AsyncIterator[tuple[House, AdminConnection]]:
    """A server on this folder, and a connection of its operator."""
    async with serving(folder) as house, AdminConnection(partial(read_access, folder)) as operator:
        yield house, operator


def administration(system: System, folder: Path) -> Administration:
    """What answers operators of a system whose log is in memory."""
    work, pulse = LongWork(), Pulse(lambda: 0.0)
    return Administration(
        Views(
            LogView(system, MemoryLogReader(system.store, CODEC), CODEC, pulse),
            ProcessesView(system, work),
            ReadModelsView(system, work),
            Storage(folder),
            Figures(system, Visitors(), pulse, folder, lambda: NOON, NOON),
            Freezing(system, OPERATOR),
        )
    )
