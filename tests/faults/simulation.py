"""A seeded simulation of the whole server, its clients, and everything that can befall them.

Faults: F1, F7, F8, F9, F10, F14, F15, F20 and F21 in virtual time. Invariants: I1 to I4, I6 to I9.
The server core is the real one, and so are clients and protocol; in memory are the network and
the log. The same seed does the same again, wherever Python and websockets are the same: they say
in the handshake which they are, and where a connection is cut is counted in bytes.
"""

import asyncio
import hashlib
import logging
import random
import tempfile
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.actors import Admin
from clouds_edges.domain.ids import InviteCode
from clouds_edges.eventsourcing.decider import Refused, StreamName
from clouds_edges.eventsourcing.errors import EventSourcingError
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.protocol.messages import Accepted, Duplicate
from tests.faults.chance import chance_of, split
from tests.faults.faulty_store import Disk, StoreFaults, is_injected
from tests.faults.honest_fold import wrong_rows, wrong_states
from tests.faults.invariants import Evidence, flaws, overdue, unseen
from tests.faults.journal import Journal
from tests.faults.simulated_echo import Echo
from tests.faults.simulated_people import Person
from tests.faults.simulated_server import PATIENCE, MakeStore, SimulatedServer, sound_store
from tests.faults.virtual_network import NetworkedLoop, NetworkFaults

_NAMES: Final = ("Ann", "Bob", "Cleo", "Dan")
_OPERATOR: Final = Admin("admin")
_SEEDS_WITH_READ_MODELS: Final = 8
"""One seed in so many has read models, which take as long as all the rest."""
_STORM: Final = (6.0, 14.0)
"""Seconds for which anything may happen, at least and at most."""
_PATIENCE: Final = 120.0
"""Seconds after which everything must have come to rest."""


class InvariantBroken(AssertionError):
    """Something does not hold; the message begins with the seed."""

    def __init__(self, seed: int, flaws: list[str]) -> None:
        super().__init__("\n  ".join([f"seed {seed}:", *flaws]))
        self.seed = seed
        self.flaws = tuple(flaws)


@dataclass(frozen=True, slots=True)
class Simulated:
    """What happened in one simulation: counts, and the hash of everything recorded."""

    seed: int
    events: int
    orders: int
    accepted: int
    duplicates: int
    refused: int
    starts: int
    crashes: int
    cuts: int
    games: int
    seconds: float
    """Of virtual time."""
    log_hash: str
    kinds: frozenset[str]
    """Of the events."""


def simulate(seed: int, make_store: MakeStore = sound_store) -> Simulated:
    """Let everything happen that this seed leads to, and check what must hold.

    Raises:
        InvariantBroken: Something does not.
    """
    figures, _ = simulate_with_evidence(seed, make_store)
    return figures


def simulate_with_evidence(
    seed: int, make_store: MakeStore = sound_store
) -> tuple[Simulated, Evidence]:
    """Do what `simulate` does, and show what it has looked at."""
    loop = NetworkedLoop(chance_of(f"loop {seed}"))
    with (
        _chance_of_the_client(seed),
        _errors_logged() as errors,
        tempfile.TemporaryDirectory(prefix="simulation-", dir=_fast_folder()) as folder,
    ):
        simulation = _Simulation(seed, loop, Path(folder), make_store)
        try:
            found = loop.run_until_complete(simulation.run())
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this seed
            found = [f"it was not simulated to its end: {error!r}"]
        found += errors
        shown = simulation.figures(), simulation.evidence()
        loop.network.bury()
        loop.run_until_complete(loop.bury())
        loop.close()
    if found:
        raise InvariantBroken(seed, found)
    return shown


class _Simulation:
    """One server, the people who use it, and what goes wrong for them."""

    def __init__(self, seed: int, loop: NetworkedLoop, folder: Path, make_store: MakeStore) -> None:
        self._seed = seed
        self._loop = loop
        self._chance = chance_of(f"simulation {seed}")
        self._disk = Disk(split(self._chance))
        self._server = SimulatedServer(loop, self._disk, folder, split(self._chance), make_store)
        self._server.has_read_models = seed % _SEEDS_WITH_READ_MODELS == 0
        self._journal = Journal()
        invites: list[InviteCode] = []
        names = _NAMES[: self._chance.randint(2, len(_NAMES))]
        self._people = [Person(name, split(self._chance), self._journal, invites) for name in names]
        self._echo = Echo(self._people, self._journal, split(self._chance))

    async def run(self) -> list[str]:
        """A storm, then calm; what does not hold in the end."""
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._server.keep_up())]
            running += [tasks.create_task(person.live()) for person in self._people]
            trouble = [tasks.create_task(one) for one in self._troublemakers()]
            await asyncio.sleep(self._chance.uniform(*_STORM))
            for one in trouble:
                one.cancel()
            self._calm_down()
            found = await self._flaws_at_rest()
            for one in running:
                one.cancel()
        return found

    def evidence(self) -> Evidence:
        log = self._disk.log
        recorded = [one.recorded(CODEC) for one in log.entries(BEGINNING, log.end())]
        return Evidence(recorded, self._journal, self._disk.recorded_at)

    def figures(self) -> Simulated:
        answers = [one.answer for order in self._journal.orders.values() for one in order.answers]
        log = self.evidence().log
        return Simulated(
            seed=self._seed,
            events=len(log),
            orders=len(self._journal.orders),
            accepted=sum(isinstance(one, Accepted) for one in answers),
            duplicates=sum(isinstance(one, Duplicate) for one in answers),
            refused=sum(not isinstance(one, Accepted | Duplicate) for one in answers),
            starts=self._server.starts,
            crashes=self._server.crashes,
            cuts=self._loop.network.cuts,
            games=len({one.stream for one in log if one.stream.startswith("game/")}),
            seconds=round(self._loop.time(), 3),
            log_hash=hashlib.sha256(repr(log).encode()).hexdigest(),
            kinds=frozenset(one.event.kind for one in log),
        )

    def _troublemakers(self) -> Iterator[Coroutine[None, None, None]]:
        yield self._kill_now_and_then(split(self._chance))
        yield self._cut_now_and_then(split(self._chance))
        if self._chance.random() < 0.4:
            yield self._freeze_now_and_then(split(self._chance))
        if self._chance.random() < 0.6:
            yield self._echo.run()

    async def _kill_now_and_then(self, chance: Random) -> None:
        while True:
            await asyncio.sleep(chance.expovariate(1 / 12))
            if chance.random() < 0.7:
                self._server.kill()
            else:
                await self._server.stop()

    async def _cut_now_and_then(self, chance: Random) -> None:
        while True:
            await asyncio.sleep(chance.expovariate(1 / 2))
            self._loop.network.cut_one()

    async def _freeze_now_and_then(self, chance: Random) -> None:
        while True:
            await asyncio.sleep(chance.expovariate(1 / 6))
            with suppress(EventSourcingError, Refused):
                await (await self._server.up()).freeze("a moment", _OPERATOR)
            await asyncio.sleep(chance.expovariate(1 / 2))
            await self._unfreeze()

    async def _unfreeze(self) -> None:
        with suppress(EventSourcingError, Refused):
            await (await self._server.up()).unfreeze(_OPERATOR)

    def _calm_down(self) -> None:
        self._disk.faults = StoreFaults.none()
        self._loop.network.faults = NetworkFaults.none()
        for person in self._people:
            person.rest()

    async def _flaws_at_rest(self) -> list[str]:
        """What does not hold once everything has come to rest, or why it does not."""
        unrest = ["the server does not come up again"]
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while True:
                    await asyncio.sleep(1.0)
                    system = await self._server.up()
                    await self._unfreeze()
                    unrest = [*self._unrest(system), *unseen(self._journal, self._ends())]
                    if not unrest:
                        evidence = self.evidence()
                        found = await self._flaws(system, evidence)
                        if evidence.end == await system.store.end():  # else it was no rest
                            return found
        return unrest

    def _unrest(self, system: System) -> Iterator[str]:
        for order in self._journal.orders.values():
            if order.is_awaited:
                yield f"{order.id} of {order.by} is not answered"
        for runner in system.processes.values():
            status = runner.status
            if status.lag or status.stuck or status.error:
                yield f"I7: a process is not done: {status}"

    def _ends(self) -> Counter[StreamName]:
        """How many events each stream has."""
        log = self._disk.log
        return Counter(one.stream for one in log.entries(BEGINNING, log.end()))

    async def _flaws(self, system: System, evidence: Evidence) -> list[str]:
        return [
            *flaws(evidence),
            *overdue(evidence.log, self._server.now(), PATIENCE.open_game),
            *await wrong_states(system, evidence.log),
            *(await wrong_rows(system, evidence.log) if self._server.has_read_models else ()),
        ]


@contextmanager
def _chance_of_the_client(seed: int) -> Iterator[None]:
    """The client spreads its tries to connect by chance; let that be the same again, too."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    """What is logged as an error, unless we have made it ourselves."""
    handler = _Errors()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.found
    finally:
        root.removeHandler(handler)


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if not is_injected(error):
            self.found.append(f"logged: {record.name}: {record.getMessage()} {error!r}")


def _fast_folder() -> Path | None:
    """Files that need not outlive a simulation are best in memory, where the system has such."""
    memory = Path("/dev/shm")  # noqa: S108 - what is made there has a name of its own
    return memory if memory.is_dir() else None
