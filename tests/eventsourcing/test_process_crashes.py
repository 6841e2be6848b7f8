"""Fault F21: the server dies before or after each step of a process; each effect is there once."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from clouds_edges.eventsourcing.decider import CommandId, Issued, StreamName
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.process_file import Change
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.eventsourcing.crashes import Fate, MortalFile, MortalHouse
from tests.eventsourcing.lamp import (
    CODEC,
    HALL,
    Command,
    Event,
    Labelled,
    Somebody,
    TurnedOff,
    TurnedOn,
)

CELLAR: Final = StreamName("lamp/cellar")
STAIRS: Final = StreamName("lamp/stairs")
GARDEN: Final = StreamName("lamp/garden")

EXPECTED: Final = {
    "lamp/hall@1": 1,
    "lamp/hall@2": 2,
    # lamp/hall@3 is poison, and skipped
    "lamp/hall@4": 1 + 2,  # with the ring, which that of the first event was replaced by
    "lamp/hall@5": 2,
    "lamp/cellar@1": 1,  # the ring was cancelled
    "lamp/stairs@1": 1 + 2,
    "lamp/garden@1": 2,  # retried once it was cured
}
"""How many flashes each event leads to, at once or by its timer."""


async def _live(house: MortalHouse) -> None:
    """Everything that a process does at least once."""
    poison = Labelled("poison")
    hall: list[Event] = [TurnedOn(), Labelled("hall"), poison, TurnedOn(), Labelled("behind")]
    await house.do(partial(house.happen, 1, HALL, *hall))
    await house.do(partial(house.happen, 2, CELLAR, TurnedOn(), TurnedOff()))
    await house.do(partial(house.happen, 3, STAIRS, TurnedOn()))
    for seconds in (1, 2, 4, 8, 16):
        await house.do(partial(house.wait, seconds))
    await house.do(partial(house.skip, HALL, 3))
    await house.do(partial(house.happen, 4, GARDEN, poison))
    house.watch.is_cured = True
    await house.do(house.retry)
    for _ in range(2):
        await house.do(partial(house.wait, 300))


async def _is_right(house: MortalHouse) -> bool:
    """Live, whatever happens, and see whether each effect is there once."""
    house.start()
    try:
        await _live(house)
        effects = await house.effects()
    finally:
        await house.stop()
    return effects == {
        (repr(event), cause): flashes
        for cause, flashes in EXPECTED.items()
        for event in (TurnedOn(), TurnedOff())
    }


async def _lives(folder: Path) -> AsyncIterator[MortalHouse]:
    """Houses that will crash once, each at the next point, until there is no further point."""
    house = MortalHouse(MemoryStore(CODEC), folder / "0.db", Fate())
    yield house
    for at in range(1, len(house.fate.points) + 1):
        yield MortalHouse(MemoryStore(CODEC), folder / f"{at}.db", Fate(at))


async def test_a_life_without_a_crash_is_as_expected_and_does_everything(tmp_path: Path) -> None:
    house = MortalHouse(MemoryStore(CODEC), tmp_path / "processes.db", Fate())
    assert await _is_right(house)
    assert house.crashes == 0
    assert set(house.fate.points) == {
        f"{when} {what}"
        for when in ("before", "after")
        for what in ("react", "a command", "a transaction", "on_due")
    }


async def test_wherever_the_server_dies_each_effect_is_there_once(tmp_path: Path) -> None:
    lives = 0
    async for house in _lives(tmp_path):
        assert await _is_right(house), house.fate.points[-1]
        assert house.crashes == (1 if house.fate.at else 0)
        lives += 1
    assert lives > 80


class _OnDisk(MortalHouse):
    """The store is in a file as well, and opened again after a crash."""

    def __init__(self, folder: Path, fate: Fate) -> None:
        self._log = folder / f"{fate.at}-events.db"
        self.open_store = SQLiteStore(self._log, CODEC)
        super().__init__(self.open_store, folder / f"{fate.at}-processes.db", fate)

    async def restart(self) -> None:
        await self.stop()
        await self.open_store.__aexit__(None, None, None)
        self.store = self.open_store = await SQLiteStore(self._log, CODEC).__aenter__()
        self.start()


async def test_it_is_so_with_the_store_in_a_file(tmp_path: Path) -> None:
    for at in range(1, 80, 8):  # all would take half a minute
        house = _OnDisk(tmp_path, Fate(at))
        await house.open_store.__aenter__()
        assert await _is_right(house), house.fate.points[-1]
        assert house.crashes == 1
        await house.open_store.__aexit__(None, None, None)


class _TwoTransactions(MortalFile):
    """The checkpoint first, then the timers."""

    async def save(self, name: str, change: Change) -> None:
        await super().save(name, replace(change, set=(), gone=()))
        await super().save(name, change)


class _ForgetsWhatIsStuck(MortalFile):
    """The checkpoint goes past what failed."""

    async def save(self, name: str, change: Change) -> None:
        await super().save(name, replace(change, waiting=(), failing=(), freed=()))


class _Hasty(MortalHouse):
    """The checkpoint is saved before the commands have their effects."""

    def __init__(self, store: MemoryStore[Event], path: Path, fate: Fate) -> None:
        super().__init__(store, path, fate)
        self._later: list[tuple[StreamName, Issued[Command, Somebody]]] = []
        house = self

        class _HastyFile(MortalFile):
            async def save(self, name: str, change: Change) -> None:
                await super().save(name, change)
                await house.give_later()

        self.open_file = lambda: _HastyFile(path, fate)

    def start(self) -> None:
        self._later.clear()
        super().start()

    async def give(self, stream: StreamName, issued: Issued[Command, Somebody]) -> None:
        self._later.append((stream, issued))

    async def give_later(self) -> None:
        while self._later:
            await super().give(*self._later.pop(0))


async def _is_always_right(folder: Path, change: Callable[[MortalHouse], MortalHouse]) -> bool:
    async for house in _lives(folder):
        is_right = await _is_right(change(house))
        assert is_right or house.fate.at, "a control is right as long as nothing crashes"
        if not is_right:
            return False
    return True


async def test_with_other_ids_each_time_effects_are_repeated(tmp_path: Path) -> None:
    """A control."""
    ids = count()

    def with_other_ids(house: MortalHouse) -> MortalHouse:
        house.given_as = lambda _: CommandId(f"{next(ids)}")
        return house

    assert not await _is_always_right(tmp_path, with_other_ids)


async def test_with_the_checkpoint_before_the_effects_effects_are_lost(tmp_path: Path) -> None:
    """A control."""

    def in_haste(house: MortalHouse) -> MortalHouse:
        assert isinstance(house.store, MemoryStore)
        return _Hasty(house.store, tmp_path / f"hasty-{house.fate.at}.db", house.fate)

    assert not await _is_always_right(tmp_path, in_haste)


@pytest.mark.parametrize("kind", [_TwoTransactions, _ForgetsWhatIsStuck])
async def test_with_half_a_transaction_effects_are_lost(
    tmp_path: Path, kind: type[MortalFile]
) -> None:
    """A control."""

    def with_such_a_file(house: MortalHouse) -> MortalHouse:
        house.open_file = lambda: kind(tmp_path / f"half-{house.fate.at}.db", house.fate)
        return house

    assert not await _is_always_right(tmp_path, with_such_a_file)
