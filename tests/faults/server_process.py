"""The server as a process of its own, killed and started again on the same port and folder."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cli.programs import environment

REAL: Final = "clouds_edges"
HASTY: Final = "tests.faults.hasty_server"
_PATIENCE: Final = 30.0


@dataclass(slots=True)
class ServerProcess:
    """A server that runs, unless it was killed last."""

    program: str
    home: Path
    process: Process
    port: int

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return _data(self.home)

    async def kill(self) -> None:
        """As `kill -9` does it: the process has no say in it."""
        self.process.kill()
        await self.process.wait()

    async def start_again(self) -> None:
        """Start it on what the last one has left."""
        self.process, self.port = await _started(self.program, self.home, self.port)


@asynccontextmanager
async def server_process(home: Path, program: str = REAL) -> AsyncIterator[ServerProcess]:
    """A new server, which has said where it is; what it logs is in `server.log`."""
    process, port = await _started(program, home, 0)
    server = ServerProcess(program, home, process, port)
    try:
        yield server
    finally:
        if server.process.returncode is None:
            await server.kill()


async def _started(program: str, home: Path, port: int) -> tuple[Process, int]:
    with (home / "server.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", program, "serve", "--host", "127.0.0.1"),
            *("--port", str(port), "--data", str(_data(home))),
            env=environment(home),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=log,
        )
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(_PATIENCE):
        while "stop with Ctrl-C" not in said:
            line = await process.stdout.readline()
            assert line, (
                f"the server ended, having said: {said} {(home / 'server.log').read_text()}"
            )
            said += line.decode()
    found = re.search(r"serving on port (\d+)", said)
    assert found is not None, said
    return process, int(found[1])


def _data(home: Path) -> Path:
    return home / "data"
