"""The composition root: here the clock, chance, files and sockets of the world come in."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from websockets.asyncio.server import serve as serve_websockets

from clouds_edges.application.system import CODEC, System
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.protocol.messages import LARGEST_GREETING
from clouds_edges.server.hub import Hub
from clouds_edges.server.session import TIME_TO_GREET, Session, Surroundings
from clouds_edges.server.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

_PING_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 2.0
_SEED_BYTES: Final = 16
_SEEDS_A_BLOCK: Final = 256


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """What a client on this machine connects to."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::", ""} else self.host  # noqa: S104 - compared, not bound
        return f"ws://[{host}]:{self.port}" if ":" in host else f"ws://{host}:{self.port}"


class PortUnavailable(Exception):
    """The server cannot listen where it was told to."""


@asynccontextmanager
async def running_server(host: str, port: int, folder: Path) -> AsyncIterator[Address]:
    """A server on this folder's data, for as long as the context lasts; port 0 is any free one.

    Raises:
        StoreInUse: Another server uses the folder.
        StoreUnavailable: The folder cannot be made or written.
        PortUnavailable: The port is taken, or the address is not one of this machine.
    """
    with _bound(host, port) as listener, closing(_keys(folder)) as keyring:
        async with SQLiteStore(folder / "events.db", CODEC.sealed_by(keyring)) as store:
            system = System(store, folder, _now, keyring)
            tokens = Tokens(folder / "tokens.db")
            try:
                hub = Hub(system.feed)
                surroundings = Surroundings(system, hub, tokens, _now, partial(next, _seeds()))
                following = hub.run(await store.end())
                async with (
                    _running([following, *system.runs()]),
                    _listening(listener, surroundings),
                ):
                    yield Address(host, listener.getsockname()[1])
            finally:
                tokens.close()
                system.close()


@asynccontextmanager
async def _running(coroutines: Sequence[Coroutine[None, None, None]]) -> AsyncIterator[None]:
    """Run these beside the body; what the body raises comes out as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as tasks:
            started = [tasks.create_task(coroutine) for coroutine in coroutines]
            try:
                yield
            finally:
                for task in started:
                    task.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


def _bound(host: str, port: int) -> socket.socket:
    """Take the port before anything else is begun."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, dualstack_ipv6=host == "::")
    except (OSError, UnicodeError, TypeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        message = f"cannot listen on {host} port {port} ({reason}): choose another --port or --host"
        raise PortUnavailable(message) from error


@asynccontextmanager
async def _listening(listener: socket.socket, surroundings: Surroundings) -> AsyncIterator[None]:
    async def serve_client(socket: ServerConnection) -> None:
        await Session(socket, surroundings).run()

    quiet = logging.getLogger(f"{__name__}.sockets")
    quiet.setLevel(logging.CRITICAL)  # bad handshakes are the stranger's mistake, not news
    async with serve_websockets(
        serve_client,
        sock=listener,
        process_request=partial(_answer_plain_http, surroundings.system),
        compression=None,
        max_size=LARGEST_GREETING,
        origins=[None],
        server_header=None,
        ping_interval=_PING_SECONDS,
        ping_timeout=_PING_SECONDS,
        open_timeout=TIME_TO_GREET,
        close_timeout=_CLOSE_SECONDS,
        logger=quiet,
    ):
        yield


def _answer_plain_http(
    system: System, connection: ServerConnection, request: Request
) -> Response | None:
    """Answer what is no WebSocket: health checks, and people with a browser."""
    if request.path == "/healthz":
        if system.is_whole:
            return connection.respond(HTTPStatus.OK, "ok\n")
        words = "a part of the server has stopped: the log says which, and why\n"
        return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, words)
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return None
    response = connection.respond(
        HTTPStatus.UPGRADE_REQUIRED,
        "This is a clouds-edges server. Play with: clouds-edges play --server "
        f"ws://{request.headers.get('Host', 'HOST:PORT')}\n",
    )
    response.headers["Upgrade"] = "websocket"  # RFC 9110 section 15.5.22
    return response


def _keys(folder: Path) -> KeyFile:
    """The file of keys in a folder, which is made if it is not there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {folder} cannot be made: {error.strerror}"
        raise StoreUnavailable(message) from error
    return KeyFile(folder / "keys.db")


def _seeds() -> Iterator[int]:
    """128 random bits at a time; asked of the system in blocks, because each call costs."""
    while True:
        block = os.urandom(_SEED_BYTES * _SEEDS_A_BLOCK)
        for begin in range(0, len(block), _SEED_BYTES):
            yield int.from_bytes(block[begin : begin + _SEED_BYTES])


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this is the composition root
