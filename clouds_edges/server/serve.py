"""The composition root: here the clock, chance, files and sockets of the world come in."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from websockets.asyncio.server import serve as serve_websockets

from clouds_edges.application.downtime import stand_clocks
from clouds_edges.application.patience import USUAL_PATIENCE, Patience
from clouds_edges.application.system import KEYS, System, building_parts
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.rebuild_process import BuilderOutside
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_log_reader import SQLiteLogReader
from clouds_edges.protocol.access import Access
from clouds_edges.protocol.addresses import url_of
from clouds_edges.protocol.messages import LARGEST_GREETING, FrozenIs
from clouds_edges.server.access_file import AccessFile
from clouds_edges.server.admin.administration import Administration, Views
from clouds_edges.server.admin.figures import Figures
from clouds_edges.server.admin.lists import ListsView
from clouds_edges.server.admin.log import LogView
from clouds_edges.server.admin.long_work import LongWork
from clouds_edges.server.admin.operations import Operations
from clouds_edges.server.admin.processes import ProcessesView
from clouds_edges.server.admin.read_models import ReadModelsView
from clouds_edges.server.admin.storage import Storage
from clouds_edges.server.counted_connection import CLOSE_SECONDS, PING_SECONDS, counted_by
from clouds_edges.server.device_codes import DeviceCodes
from clouds_edges.server.doors import USUAL_LIMITS, Doors, Limits
from clouds_edges.server.greeting import TIME_TO_GREET
from clouds_edges.server.heartbeat import Heartbeat
from clouds_edges.server.hub import Hub
from clouds_edges.server.missing_files import check_folder
from clouds_edges.server.plain_http import PlainHTTP
from clouds_edges.server.presence import Presence
from clouds_edges.server.pulse import Pulse
from clouds_edges.server.session import Session
from clouds_edges.server.steady_clock import steady_clock
from clouds_edges.server.surroundings import Surroundings
from clouds_edges.server.tokens import Tokens, new_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
    from pathlib import Path

    from websockets.asyncio.server import ServerConnection

    from clouds_edges.eventsourcing.store import EventStore
    from clouds_edges.protocol.invites import Fingerprint
    from clouds_edges.server.certificate import Identity
    from clouds_edges.server.counted_connection import CountedConnection

_SEED_BYTES: Final = 16
_SEEDS_A_BLOCK: Final = 256


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and by what it is known, if it encrypts."""

    host: str
    port: int
    identity: Identity | None = None

    @property
    def key(self) -> Fingerprint | None:
        """The fingerprint of what it shows; None if it does not encrypt."""
        return None if self.identity is None else self.identity.key

    @property
    def is_everywhere(self) -> bool:
        """Whether it listens at every address of its machine."""
        return self.host in {"0.0.0.0", "::", ""}  # noqa: S104 - compared, not bound

    @property
    def url(self) -> str:
        """What a client on this machine connects to."""
        host = "127.0.0.1" if self.is_everywhere else self.host
        return url_of(host, self.port, is_encrypted=self.identity is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer(Address):
    """A server that is at work at its address; `frozen` is how it was when it was started."""

    frozen: FrozenIs | None
    store: EventStore[AnyEvent]

    @property
    def trouble(self) -> str | None:
        """Why it records nothing any more; after the end: whether it did until then."""
        return self.store.trouble


class PortUnavailable(Exception):
    """The server cannot listen where it was told to."""


@asynccontextmanager
async def running_server(  # noqa: PLR0913 - what an operator may choose, each once
    host: str,
    port: int,
    folder: Path,
    patience: Patience = USUAL_PATIENCE,
    *,
    identity: Identity | None = None,
    limits: Limits = USUAL_LIMITS,
    are_metrics_public: bool = False,
) -> AsyncIterator[RunningServer]:
    """A server on this folder's data, for as long as the context lasts; port 0 is any free one.

    Without an identity nothing is encrypted. Metrics are for this machine only, unless they are
    public.

    Raises:
        StoreInUse: Another server uses the folder.
        StoreUnavailable: The folder cannot be made or written, or what is needed of it is gone.
        PortUnavailable: The port is taken, or the address is not one of this machine.
    """
    with _bound(host, port) as listener, closing(_keys(folder)) as keyring:
        codec = CODEC.sealed_by(keyring)
        async with SQLiteStore(folder / "events.db", codec) as store:
            now, new_seed = steady_clock(_now, time.monotonic), partial(next, _seeds())
            builder = BuilderOutside(folder / "events.db", partial(building_parts, folder))
            system = System(store, folder, now, patience, builder=builder, keyring=keyring)
            tokens = Tokens(folder / "tokens.db")
            address = Address(host, listener.getsockname()[1], identity)
            heartbeat = Heartbeat(folder / "heartbeat", now)
            doors, work = Doors(limits, time.monotonic), LongWork()
            presence = Presence(system, now, new_seed, patience)
            try:
                await system.begin()
                frozen = await _frozen(system)
                if frozen is None:  # else they stand since then, until it is over
                    await stand_clocks(system, heartbeat.last(), now)
                hub = Hub(system.feed, frozen)
                following = hub.run(await store.end())
                with _administration(
                    system, codec, doors, presence, work, folder, now
                ) as administration:
                    surroundings = Surroundings(
                        system,
                        hub,
                        tokens,
                        DeviceCodes(now, new_seed),
                        doors,
                        administration,
                        presence,
                        now,
                        new_seed,
                    )
                    plain_http = PlainHTTP(system, administration, are_metrics_public)
                    async with (
                        _running([following, heartbeat.run(), work.run(), *system.runs()]),
                        _listening(listener, surroundings, plain_http, identity),
                        _running([presence.run()]),  # ends first: who is sent away has not vanished
                        _operator_let_in(folder, address, tokens),
                    ):
                        yield RunningServer(
                            address.host, address.port, identity, frozen=frozen, store=store
                        )
            finally:
                tokens.close()
                system.close()


async def _frozen(system: System) -> FrozenIs | None:
    """What is told to those who come while the server is frozen; None if it is not."""
    since = await system.frozen_since()
    return None if since is None else FrozenIs(reason=system.frozen, since=since)


@contextmanager
def _administration(  # noqa: PLR0913, PLR0917 - the ports of the view, each once
    system: System,
    codec: Codec[AnyEvent],
    doors: Doors,
    presence: Presence,
    work: LongWork,
    folder: Path,
    now: Callable[[], datetime],
) -> Iterator[Administration]:
    """What answers operators."""
    pulse = Pulse(time.monotonic)
    system.store.subscribe(pulse.committed)
    figures = Figures(system, doors, presence, pulse, folder, now, now())
    with closing(SQLiteLogReader(folder / "events.db")) as reader:
        yield Administration(
            Views(
                LogView(system, reader, codec, pulse),
                ProcessesView(system, work),
                ReadModelsView(system, work),
                Storage(folder),
                ListsView(system, now),
                figures,
                Operations(system, now),
            )
        )


@asynccontextmanager
async def _operator_let_in(folder: Path, address: Address, tokens: Tokens) -> AsyncIterator[None]:
    """Leave a token of this run where the user who runs the server finds it."""
    token = new_token()
    await tokens.appoint(token)
    file = AccessFile(
        folder, Access(url=address.url, key=address.key, token=token, pid=os.getpid())
    )
    with file.kept():
        async with _running([file.run()]):
            yield


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
async def _listening(
    listener: socket.socket,
    surroundings: Surroundings,
    plain_http: PlainHTTP,
    identity: Identity | None,
) -> AsyncIterator[None]:
    async def serve_client(socket: ServerConnection) -> None:
        counted = cast("CountedConnection", socket)  # of the class that is given below
        await Session(counted, surroundings).run()

    quiet = logging.getLogger(f"{__name__}.sockets")
    quiet.setLevel(logging.CRITICAL)  # bad handshakes are the stranger's mistake, not news
    async with serve_websockets(
        serve_client,
        sock=listener,
        ssl=None if identity is None else identity.tls,
        create_connection=counted_by(surroundings.doors),
        process_request=plain_http.answer,
        compression=None,
        max_size=LARGEST_GREETING,
        origins=[None],
        server_header=None,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
        open_timeout=TIME_TO_GREET,
        close_timeout=CLOSE_SECONDS,
        logger=quiet,
    ):
        yield


def _keys(folder: Path) -> KeyFile:
    """The file of keys in a folder; both are made if they are not there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {folder} cannot be made: {error.strerror}"
        raise StoreUnavailable(message) from error
    check_folder(folder)
    return KeyFile(folder / KEYS)


def _seeds() -> Iterator[int]:
    """128 random bits at a time; asked of the system in blocks, because each call costs."""
    while True:
        block = os.urandom(_SEED_BYTES * _SEEDS_A_BLOCK)
        for begin in range(0, len(block), _SEED_BYTES):
            yield int.from_bytes(block[begin : begin + _SEED_BYTES])


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this is the composition root
