"""Operators of the tests: a server, and somebody who may ask it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from clouds_edges.application.patience import USUAL_PATIENCE, Patience
from clouds_edges.client.admin_connection import AdminConnection, read_access
from tests.server.guests import House, serving


@asynccontextmanager
async def operating(
    folder: Path, patience: Patience = USUAL_PATIENCE
) -> AsyncIterator[tuple[House, AdminConnection]]:
    """A server on this folder, and a connection of its operator."""
    async with (
        serving(folder, patience=patience) as house,
        AdminConnection(partial(read_access, folder)) as operator,
    ):
        yield house, operator
