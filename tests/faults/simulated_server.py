"""The real server on a virtual loop: what `serve` composes, with nothing of the world in it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final, TypeAlias, cast

from websockets.asyncio.server import ServerConnection, serve

from clouds_edges.application.downtime import stand_clocks
from clouds_edges.application.patience import Patience
from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.eventsourcing.errors import EventSourcingError
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.protocol.messages import LARGEST_GREETING, FrozenIs
from clouds_edges.server.admin.administration import Administration
from clouds_edges.server.counted_connection import CountedConnection, counted_by
from clouds_edges.server.device_codes import DeviceCodes
from clouds_edges.server.doors import USUAL_LIMITS, Doors
from clouds_edges.server.heartbeat import Heartbeat
from clouds_edges.server.hub import Hub
from clouds_edges.server.presence import Presence
from clouds_edges.server.session import Session
from clouds_edges.server.steady_clock import steady_clock
from clouds_edges.server.surroundings import Surroundings
from clouds_edges.server.tokens import Tokens
from tests.faults.chance import split
from tests.faults.faulty_store import Crash, Disk, FaultyStore
from tests.faults.virtual_loop import Life
from tests.faults.virtual_network import NetworkedLoop

URL: Final = "ws://simulated:1"
PATIENCE: Final = Patience(
    open_game=timedelta(seconds=6),
    grace=timedelta(seconds=3),
    blink=timedelta(seconds=0.5),
    settling=timedelta(seconds=2),
)
_BEGAN: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)
_LOG: Final = logging.getLogger(__name__)
_HOUR: Final = 3600.0
_CLOCK_SET: Final = 0.1
"""The share of restarts before which somebody sets the clock of the machine."""

MakeStore: TypeAlias = Callable[[Disk, Crash], FaultyStore[AnyEvent]]
"""Makes the store of one life."""


def sound_store(disk: Disk, crash: Crash) -> FaultyStore[AnyEvent]:
    """A store that does what a store must, whatever befalls it."""
    return FaultyStore(CODEC, disk, crash)


@dataclass(slots=True)
class SimulatedServer:
    """A server that can be started, stopped and killed, again and again, on the same files."""

    loop: NetworkedLoop
    disk: Disk
    folder: Path
    chance: Random
    make_store: MakeStore = sound_store
    has_read_models: bool = True
    """Whether there are any; they take as long as all the rest."""
    starts: int = 0
    crashes: int = 0
    _skew: float = 0.0
    """Seconds by which the clock of the machine is wrong."""
    _system: System | None = None
    _task: asyncio.Task[None] | None = None
    _life: Life | None = None
    _is_up: asyncio.Event = field(default_factory=asyncio.Event)
    _has_ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep_up(self) -> None:
        """Start the server whenever it is down, until cancelled; then stop it."""
        try:
            while True:
                self._start()
                await self._has_ended.wait()
                await asyncio.sleep(self.chance.uniform(0.1, 4.0))
        finally:
            await self.stop()

    async def up(self) -> System:
        """The system, once it serves."""
        while True:
            await self._is_up.wait()
            if self._system is not None:
                return self._system

    async def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        if self._task is not None and not self._has_ended.is_set():
            self._task.cancel()
            await self._has_ended.wait()

    def kill(self) -> None:
        """Let nothing be left of it but its files; what it was about to do, it does not."""
        if self._life is not None and not self._has_ended.is_set():
            self.crashes += 1
            self.loop.end_life(self._life)
            self.loop.network.server_killed()
            self._ended()

    def now(self) -> datetime:
        """What the clock on the wall of the server shows."""
        return _BEGAN + timedelta(seconds=self.loop.time() + self._skew)

    def _start(self) -> None:
        self.starts += 1
        if self.chance.random() < _CLOCK_SET:
            self._skew += self.chance.uniform(-_HOUR, _HOUR)
        self._has_ended.clear()
        self._life, self._task = self.loop.begin_life(self._run())
        self._task.add_done_callback(self._task_ended)

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            is_trouble = isinstance(error, EventSourcingError)
            _LOG.log(
                logging.INFO if is_trouble else logging.ERROR, "the server failed", exc_info=error
            )
        if task is self._task:
            self._ended()

    def _ended(self) -> None:
        self._system = None
        self._is_up.clear()
        self._has_ended.set()

    async def _crash(self) -> None:
        self.kill()
        await asyncio.Event().wait()

    async def _run(self) -> None:
        """As `running_server` does; but no operator comes, and names are not sealed."""
        store = self.make_store(self.disk, self._crash)
        now, new_seed = steady_clock(self.now, self.loop.time), self._seeds().__next__
        core = System if self.has_read_models else _WithoutReadModels
        system = core(store, self.folder, now, PATIENCE)
        tokens = Tokens(self.folder / "tokens.db")
        heartbeat = Heartbeat(self.folder / "heartbeat", now)
        presence = Presence(system, now, new_seed, PATIENCE)
        try:
            await system.begin()
            since = await system.frozen_since()
            frozen = None if since is None else FrozenIs(reason=system.frozen, since=since)
            if frozen is None:
                await stand_clocks(system, heartbeat.last(), now)
            hub = Hub(system.feed, frozen)
            following = hub.run(await store.end())
            administration = cast(Administration, None)  # only operators ask it
            surroundings = Surroundings(
                system,
                hub,
                tokens,
                DeviceCodes(now, new_seed),
                Doors(USUAL_LIMITS, self.loop.time),
                administration,
                presence,
                now,
                new_seed,
            )
            async with (
                _running([following, heartbeat.run(), *system.runs()]),
                _listening(surroundings),
                _running([presence.run()]),
            ):
                self._system = system
                self._is_up.set()
                await asyncio.Event().wait()
        finally:
            tokens.close()
            system.close()

    def _seeds(self) -> Iterator[int]:
        chance = split(self.chance)
        while True:
            yield chance.getrandbits(128)


class _WithoutReadModels(System):
    def _opened(self, folder: Path) -> Mapping[str, ReadModel[AnyEvent]]:  # noqa: ARG002 - none is made
        return {}


@asynccontextmanager
async def _listening(surroundings: Surroundings) -> AsyncIterator[None]:
    async def serve_client(socket: ServerConnection) -> None:
        await Session(cast("CountedConnection", socket), surroundings).run()  # of the class below

    quiet = logging.getLogger(f"{__name__}.sockets")
    quiet.setLevel(logging.CRITICAL)  # as in `serve`
    async with serve(
        serve_client,
        create_connection=counted_by(surroundings.doors),
        compression=None,
        max_size=LARGEST_GREETING,
        origins=[None],
        server_header=None,
        ping_interval=10.0,
        ping_timeout=10.0,
        open_timeout=5.0,
        close_timeout=2.0,
        logger=quiet,
    ):
        yield


@asynccontextmanager
async def _running(
    coroutines: Sequence[Coroutine[None, None, None]],
) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        started = [tasks.create_task(coroutine) for coroutine in coroutines]
        yield
        for task in started:
            task.cancel()
