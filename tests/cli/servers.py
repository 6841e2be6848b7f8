"""Servers for the operator's commands: one that runs, and what is at work in one."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from clouds_edges.application.system import KEYS, System
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.protocol.access import ACCESS_FILE
from clouds_edges.protocol.frames import format_frame
from clouds_edges.protocol.messages import PROTOCOL_VERSION, GiveOrder, Hello
from clouds_edges.server.tokens import new_token
from tests.application.playing import House, running_house
from tests.cli.programs import PATIENCE, Ended, run
from tests.eventsourcing.clock import Clock


@dataclass(frozen=True)
class Server:
    """A running server, in which Ann has signed up."""

    home: Path
    data: Path

    def ask(self, *arguments: str, typed: str = "") -> Ended:
        return run(self.home, "admin", *arguments, "--data", str(self.data), typed=typed)

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - whatever JSON there is
        ended = self.ask(*arguments, "--json")
        assert ended.code == 0, ended
        return json.loads(ended.out)

    @property
    def url(self) -> str:
        url: str = json.loads((self.data / ACCESS_FILE).read_text())["url"]
        return url

    def sign_up(self, name: str, game: OpenGame | None = None) -> None:
        sign_up(self.url, name, game)


def sign_up(url: str, name: str, game: OpenGame | None = None, token: str | None = None) -> None:
    """Let somebody sign up on a server, and open a game perhaps."""
    with connect(url, compression=None, proxy=None) as socket:
        hello = Hello(protocol=PROTOCOL_VERSION, token=token or new_token(), name=name)
        socket.send(format_frame(hello))
        assert "welcome" in str(socket.recv(timeout=PATIENCE))
        if game is not None:
            order = GiveOrder(id=CommandId("open"), stream=MAIN_LOBBY, command=game)
            socket.send(format_frame(order))
            assert "accepted" in str(socket.recv(timeout=PATIENCE))


@asynccontextmanager
async def server_core(folder: Path) -> AsyncIterator[House]:
    """What is at work in a server on this folder, without its sockets."""
    clock = Clock()
    with closing(KeyFile(folder / KEYS)) as keys:
        async with SQLiteStore(folder / "events.db", CODEC.sealed_by(keys)) as store:
            system = System(store, folder, clock.now, rest=clock.rest, keyring=keys)
            async with running_house(system, clock) as a_house:
                yield a_house
