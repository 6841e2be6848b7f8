"""A client as a process: says how it stands with the server, line by line, until it is ended.

Run as `python -m tests.faults.talking_client URL TOKEN NAME`.
"""

from __future__ import annotations

import asyncio
import sys

from clouds_edges.client.connection import StatusChanged
from tests.client.persons import person


async def talk(url: str, token: str, name: str) -> None:
    """Print each status, and who the server says that the player is."""
    async with person(url, name, token) as one:
        async for update in one.connection.updates():
            if isinstance(update, StatusChanged):
                player = one.connection.player
                print(update.status, "nobody" if player is None else player.id, flush=True)  # noqa: T201 - that is what it is for


if __name__ == "__main__":
    asyncio.run(talk(*sys.argv[1:]))
