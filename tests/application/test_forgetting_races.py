"""A player is forgotten while something with their name is on its way: it comes without it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import pytest

from clouds_edges.application.system import PROJECTIONS, System
from clouds_edges.application.vocabulary import CODEC, AnyCommand, AnyEvent, folding_of
from clouds_edges.domain.actors import Admin, Guest, Player
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, GameId, PlayerId, category_of
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.players.commands import Rename, SignUp
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.domain.refusals import Forgotten
from clouds_edges.eventsourcing.command_handler import Handled
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.sqlite_log import reading
from clouds_edges.eventsourcing.store import Append, Appended, Outcome
from clouds_edges.eventsourcing.verify import LogVerifier
from clouds_edges.eventsourcing.verify_read_models import compare_read_models
from clouds_edges.rules import Board
from tests.application.playing import SMALL, House, running_house
from tests.eventsourcing.clock import Clock

T = TypeVar("T")

_ADMIN: Final = Admin("admin")
_ANN: Final = PlayerId("k3v9m2x7q0ab")
_BOB: Final = PlayerId("7h2c9d4f1g8j")
_NAMES: Final = ("Annabella", "Anastasia", "Grandmother")
_A_MOMENT: Final = 0.05
"""Seconds for what goes on without who is held; who waits for them is not done then."""

IsHeld: TypeAlias = Callable[[str | None], bool]
"""Whether to hold the task that is running now, which appends for this actor (None: reads)."""


class _Store(SQLiteStore[AnyEvent]):
    """Holds one task at one of its calls: before it is made, or before its answer is heard."""

    def hold(self, is_held: IsHeld, place: int = 1) -> None:
        """Hold whoever this is true of when they come by for this many times."""
        self._is_held, self._left = is_held, place
        self.held, self.go = asyncio.Event(), asyncio.Event()

    async def append(self, append: Append[AnyEvent]) -> Appended[AnyEvent]:
        return await self._between(partial(super().append, append), append.by)

    async def outcome_of(self, by: str, command_id: CommandId, body: bytes) -> Outcome | None:
        return await self._between(partial(super().outcome_of, by, command_id, body))

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[AnyEvent]]:
        return await self._between(partial(super().read_stream, stream, after))

    async def _between(self, call: Callable[[], Awaitable[T]], by: str | None = None) -> T:
        await self._come_by(by)
        answer = await call()
        await self._come_by(by)
        return answer

    async def _come_by(self, by: str | None) -> None:
        if not self._is_held(by):
            return
        self._left -= 1
        if not self._left:
            self.held.set()
            await self.go.wait()


@dataclass(frozen=True)
class _Scene:
    """Ann and Bob have a game open each."""

    here: House
    store: _Store
    keys: KeyFile
    ann: Player
    bob: Player
    hers: GameId
    his: GameId

    async def give(self, stream: StreamName, command: AnyCommand, by: Player) -> Handled | None:
        """Give a command; None if it comes too late."""
        try:
            return await self.here.give(stream, command, by)
        except Forgotten:
            return None


_Order: TypeAlias = Callable[[_Scene], Awaitable[Handled | None]]


@asynccontextmanager
async def _scene(folder: Path, keys: KeyFile) -> AsyncIterator[_Scene]:
    async with _Store(folder / "events.db", CODEC.sealed_by(keys)) as store:
        store.hold(lambda _: False)
        clock = Clock()
        system = System(store, folder, clock.now, rest=clock.rest, keyring=keys)
        async with running_house(system, clock) as here:
            ann, bob = await _signed_up(here, _ANN, _NAMES[0]), await _signed_up(here, _BOB, "Bob")
            hers = await here.open(OpenGame(SMALL), ann)
            his = await here.open(OpenGame(SMALL), bob)
            await _all_seen(here)
            yield _Scene(here, store, keys, ann, bob, hers, his)


async def _signed_up(here: House, me: PlayerId, name: str) -> Player:
    await here.give(PLAYERS, SignUp(name), Guest(me))
    player = await here.system.player(me)
    assert player is not None
    return player


async def _ended(order: asyncio.Future[Handled | None], here: House) -> None:
    await asyncio.wait([order])
    await _all_seen(here)


async def _all_seen(here: House) -> None:
    """Wait until every process and read model has followed everything."""
    async with asyncio.timeout(20):
        while any(one.status.lag for one in here.system.processes.values()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
    for model in here.system.read_models.values():
        await model.read(lambda _: None)


def _everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


async def _check_forgotten(scene: _Scene, folder: Path) -> None:
    """No name is left, in files or in memory, and whatever is there is what the log leads to."""
    system = scene.here.system
    await _all_seen(scene.here)
    streams = {one.stream for one in await scene.here.log()}
    deciders: dict[str, tuple[Any, Any]] = {
        "players": (PLAYERS_DECIDER, system.players),
        "lobby": (LOBBY_DECIDER, system.lobbies),
        "game": (GAME_DECIDER, system.games),
    }
    live = {}
    for stream in streams:
        decider, handler = deciders[category_of(stream)]
        live[stream] = (await handler.load(stream)).state
        assert live[stream] == decider.fold(
            one.event for one in await scene.store.read_stream(stream)
        )
    offered = [system._of_players._offered, system._of_lobbies._offered]  # noqa: SLF001 - what is in memory
    told = repr([live, *system.feed._latest, *offered])  # noqa: SLF001 - likewise
    with reading(folder / "events.db") as log:
        codec = CODEC.sealed_by(scene.keys)
        assert not LogVerifier(log, codec, folding_of).run().damages
        compared = compare_read_models(PROJECTIONS, folder / "read-models", log, codec)
    assert [model.difference for model in compared] == [None] * len(PROJECTIONS)
    files = await asyncio.to_thread(_everything_in, folder)
    for name in _NAMES:
        assert name not in told
        assert name.encode() not in files
    assert f"forgotten {_ANN}" in told


async def _raced(folder: Path, orders: Sequence[_Order], by: str | None, place: int) -> bool:
    """Forget Ann while the first order, or what this actor does, is held at a place.

    The other orders are given meanwhile. Says whether it came to that place at all.
    """
    await asyncio.to_thread(folder.mkdir)
    with closing(KeyFile(folder / "keys.db")) as keys:
        async with _scene(folder, keys) as scene:
            first = asyncio.ensure_future(orders[0](scene))
            scene.store.hold(
                lambda actor: asyncio.current_task() is first if by is None else actor == by, place
            )
            held = asyncio.ensure_future(scene.store.held.wait())
            ended = asyncio.ensure_future(_ended(first, scene.here))
            await asyncio.wait([held, ended], return_when="FIRST_COMPLETED")
            was_held = held.done()
            held.cancel()
            ended.cancel()
            others = [asyncio.ensure_future(order(scene)) for order in orders[1:]]
            await asyncio.wait([*others, first], timeout=_A_MOMENT)
            forgetting = asyncio.ensure_future(scene.here.system.forget(_ANN, _ADMIN))
            await asyncio.wait([forgetting], timeout=_A_MOMENT)
            scene.store.go.set()
            await asyncio.gather(first, *others, forgetting)
            await _check_forgotten(scene, folder)
    return was_held


async def _ann_joins(scene: _Scene) -> Handled | None:
    return await scene.give(MAIN_LOBBY, JoinGame(scene.his), scene.ann)


async def _ann_plays_a_neighbour(scene: _Scene) -> Handled | None:
    return await scene.give(MAIN_LOBBY, OpenGame(Board(1, 1), neighbours=(_NAMES[2],)), scene.ann)


async def _ann_renames_herself(scene: _Scene) -> Handled | None:
    return await scene.give(PLAYERS, Rename(_NAMES[1]), scene.ann)


async def _bob_joins(scene: _Scene) -> Handled | None:
    return await scene.give(MAIN_LOBBY, JoinGame(scene.hers), scene.bob)


async def _bob_opens(scene: _Scene) -> Handled | None:
    return await scene.give(MAIN_LOBBY, OpenGame(SMALL), scene.bob)


@pytest.mark.parametrize(
    ("orders", "by"),
    [
        ([_ann_joins], None),
        ([_ann_plays_a_neighbour], None),
        ([_ann_renames_herself], None),
        ([_bob_joins], None),
        ([_bob_opens, _ann_joins, _bob_joins], None),
        ([_bob_joins, _ann_joins], "start-game"),
    ],
    ids=["joining", "opening", "renaming", "another", "behind-another", "starting"],
)
async def test_wherever_an_order_is_held_its_names_come_too_late(
    orders: Sequence[_Order], by: str | None, tmp_path: Path
) -> None:
    for place in count(1):
        if not await _raced(tmp_path / str(place), orders, by, place):
            break
    assert place > 2  # before the event and behind it, at least


class _SlowKeys(KeyFile):
    """A key goes once the writer has used it for the last time, and what it writes is late."""

    def slow_down(self) -> None:
        self.used, self.go = threading.Event(), threading.Event()

    def hurry(self) -> None:
        self.slow_down()
        self.used.set()
        self.go.set()

    def unseal(self, owner: str, sealed: str) -> str | None:
        text = super().unseal(owner, sealed)
        if threading.current_thread().name == "event-log-writer":
            self.used.set()
            self.go.wait(10)
        return text

    def forget(self, owner: str) -> None:
        self.used.wait(10)
        super().forget(owner)


async def test_what_is_sealed_before_the_key_goes_and_recorded_behind_that_is_dropped(
    tmp_path: Path,
) -> None:
    with closing(_SlowKeys(tmp_path / "keys.db")) as keys:
        keys.hurry()
        async with _scene(tmp_path, keys) as scene:
            end = await scene.store.end()
            joining = asyncio.ensure_future(_ann_joins(scene))
            scene.store.hold(lambda _: asyncio.current_task() is joining)
            await scene.store.held.wait()
            keys.slow_down()

            forgetting = asyncio.ensure_future(scene.here.system.forget(_ANN, _ADMIN))
            await anext(scene.here.system.feed.follow(end))
            scene.store.go.set()
            await asyncio.wait([forgetting], timeout=_A_MOMENT)
            assert await scene.store.end() == end + 1  # it has not been stored yet
            keys.go.set()

            await asyncio.gather(joining, forgetting)
            await _check_forgotten(scene, tmp_path)
            (_, taken, *_) = await scene.store.read_log(end, 10)
            assert taken.by == _ANN
