"""The disk is full while two play (F4): figures of what they were told, and of what is recorded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, TypeAlias

import apsw

from clouds_edges.application.system import KEYS
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.game.commands import DrawLine
from clouds_edges.domain.game.decider import evolve
from clouds_edges.domain.game.events import Event
from clouds_edges.domain.game.state import Game
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.recorded import BEGINNING
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.protocol.messages import (
    Accepted,
    AskRecord,
    Duplicate,
    Happened,
    RecordIs,
    Refused,
)
from clouds_edges.rules import Board
from clouds_edges.server.serve import Address
from tests.faults.disk import Asked, Call, disk_in_place
from tests.faults.lamps import holes
from tests.faults.server_process import server_process
from tests.server.guests import PATIENCE, Guest, House, serving

_BOARD: Final = Board(5, 5)
_MOST_LINES: Final = 6
"""Lines in a round, at most."""
_TRIES: Final = 3
"""How often an order is given while there is no space."""
_MOST_ROOM: Final = 48 * 1024
"""Bytes that are left when the disk begins to fill: enough for a few lines at most."""
_FULL: Final = "store_unavailable"


Order: TypeAlias = tuple[Guest, DrawLine, str]


@dataclass(frozen=True, slots=True)
class FullDisks:
    """What came of a disk that was full so many times."""

    seed: int
    rounds: int
    accepted: int
    refused: int
    refused_otherwise: int
    """Refusals that do not say that the log cannot be written."""
    unreadable: int
    """Rounds in which who came to watch while the disk was full did not see all lines."""
    resumed: int
    """Rounds after which the order that was refused took effect, once."""
    is_counted: bool
    """Whether the game that was played to its end is counted for its players."""
    lost: int
    holes: int


class Fillable(Protocol):
    """A disk that can be filled."""

    def fill(self, room: int) -> None:
        """Leave room for so many bytes."""

    def free(self) -> None:
        """Let there be space again."""


class SmallDisk:
    """A disk that is as large as it is told to be: what makes a file longer may fail."""

    def __init__(self) -> None:
        self._room: int | None = None

    def fill(self, room: int) -> None:
        """See `Fillable.fill`."""
        self._room = room

    def free(self) -> None:
        """See `Fillable.free`."""
        self._room = None

    def __call__(self, asked: Asked) -> None:
        if self._room is None or asked.call is not Call.WRITE:
            return
        if asked.grows_by > self._room:
            message = "database or disk is full"
            raise apsw.FullError(message)
        self._room -= asked.grows_by


class Ballast:
    """A real disk, filled with a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self, room: int) -> None:
        """See `Fillable.fill`."""
        with self._path.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)) == 4096:
                    pass
            except OSError:
                pass
            file.truncate(max(0, file.tell() - room))

    def free(self) -> None:
        """See `Fillable.free`."""
        self._path.unlink()


@dataclass(slots=True)
class _Play:
    """A game that goes on, whatever the disk does."""

    players: Sequence[Guest]
    """By their seats."""
    stream: StreamName
    chance: random.Random
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    given: int = 0

    async def game(self) -> Game:
        """The game as who watches it now is told."""
        happened = await self.players[0].watch(self.stream)
        assert isinstance(happened, Happened)
        game: Game | None = None
        for told in happened.events:
            assert isinstance(told.event, Event)
            game = evolve(game, told.event)
        assert game is not None
        return game

    async def draw(self) -> Order | None:
        """Draw a line; returns the order if it is refused."""
        game = await self.game()
        who = self.players[game.position.seat_to_draw]
        self.given += 1
        order = who, DrawLine(self.chance.choice(game.position.free_lines)), f"line-{self.given}"
        return None if await self.give(*order) else order

    async def draw_until_refused(self, most: int) -> Order | None:
        """Draw so many lines at most; returns the order that is refused."""
        for _ in range(most):
            order = await self.draw()
            if order is not None:
                return order
        return None

    async def give(self, who: Guest, command: DrawLine, order_id: str) -> bool:
        """Give an order, perhaps again; returns whether it had its effect."""
        answer = await who.order(self.stream, command, order_id)
        match answer:
            case Accepted():
                self.accepted.append(answer)
                return True
            case Duplicate():
                return True
            case Refused():
                self.refused.append(answer)
                return False


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the players saw."""

    accepted: Sequence[Accepted]
    refused: Sequence[Refused]
    rounds_unreadable: int
    rounds_resumed: int
    is_counted: bool


async def fill_often(
    rounds: int, seed: int, folder: Path, small: Fillable | None = None
) -> FullDisks:
    """Let the disk be full so many times under a server, all of whose files of APSW are on it."""
    with disk_in_place() as disk:
        disk.fault = room = SmallDisk()
        async with serving(folder) as house:
            seen = await _played(house, small or room, rounds, seed)
    return await _figures(folder, rounds, seed, seen)


async def fill_file_system_often(rounds: int, seed: int, home: Path) -> FullDisks:
    """The same with a server as a process of its own, whose folder `data` is a small disk."""
    async with server_process(home) as server, AsyncExitStack() as stack:
        house = House(Address("127.0.0.1", server.port), stack)
        seen = await _played(house, Ballast(server.data / "ballast"), rounds, seed)
        await server.kill()
    return await _figures(server.data, rounds, seed, seen)


async def _played(house: House, disk: Fillable, rounds: int, seed: int) -> _Seen:
    chance = random.Random(seed)  # noqa: S311 - to be had again
    bob, ann, stream = await house.two_in_a_game(_BOARD)
    play = _Play((ann, bob), stream, chance)
    unreadable = resumed = 0
    for _ in range(rounds):
        disk.fill(chance.randrange(_MOST_ROOM))
        order = await play.draw_until_refused(_MOST_LINES)
        if order is not None:
            for _ in range(_TRIES):
                await play.give(*order)
            drawn = (await play.game()).position.drawn_lines
            unreadable += len(drawn) != len(play.accepted)
        disk.free()
        resumed += order is None or await play.give(*order)
    while (await play.game()).outcome is None:
        assert await play.draw() is None
    return _Seen(play.accepted, play.refused, unreadable, resumed, await _is_counted(ann))


async def _is_counted(guest: Guest) -> bool:
    """Whether the game comes to be counted; processes and read models have to go on for that."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await guest.say(AskRecord())
            record = await guest.next(RecordIs)
            if record.played:
                return record.played == 1


async def _figures(folder: Path, rounds: int, seed: int, seen: _Seen) -> FullDisks:
    with closing(KeyFile(folder / KEYS)) as keys:
        async with SQLiteStore(folder / "events.db", CODEC.sealed_by(keys)) as store:
            log = await store.read_log(BEGINNING, 1_000_000)
    ends = {(one.command_id, one.stream, one.version, one.hash.hex()) for one in log}
    return FullDisks(
        seed=seed,
        rounds=rounds,
        accepted=len(seen.accepted),
        refused=len(seen.refused),
        refused_otherwise=sum(one.code != _FULL for one in seen.refused),
        unreadable=seen.rounds_unreadable,
        resumed=seen.rounds_resumed,
        is_counted=seen.is_counted,
        lost=sum((one.id, one.stream, one.version, one.head) not in ends for one in seen.accepted),
        holes=holes(log),
    )
