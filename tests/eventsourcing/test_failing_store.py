"""An append fails after the decision, at every place of a story (F20): I4 holds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from clouds_edges.eventsourcing.command_handler import CommandHandler, Handled, Loaded
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable, StreamQuarantined
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import Checkpoint, Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append, Appended, Committed, Outcome
from tests.eventsourcing.conftest import Store
from tests.eventsourcing.lamp import (
    CODEC,
    HALL,
    LAMP_DECIDER,
    Command,
    Event,
    Flash,
    Lamp,
    Somebody,
    Switch,
    issued,
)

Lamps: TypeAlias = CommandHandler[Command, Somebody, Event, Lamp]

_STORY: Final[tuple[Command, ...]] = (
    Switch(on=True),
    Flash(),
    Switch(on=False),
    Flash(),
    Flash(),
    Switch(on=True),
    Switch(on=False),
    Flash(),
)
_PLACES: Final = range(1, len(_STORY) + 1)


class _Fails(Enum):
    BEFORE = auto()
    """Nothing is recorded."""
    AFTER = auto()
    """It is recorded, and nobody hears of it."""


class _Failing:
    """A store in which one append fails."""

    def __init__(self, store: Store, at: int, when: _Fails) -> None:
        self._store = store
        self._left = at
        self._when = when

    @property
    def quarantined(self) -> Mapping[StreamName, StreamQuarantined]:
        return self._store.quarantined

    @property
    def trouble(self) -> str | None:
        return self._store.trouble

    def subscribe(self, committed: Committed[Event]) -> None:
        self._store.subscribe(committed)

    async def append(self, append: Append[Event]) -> Appended[Event]:
        self._left -= 1
        if self._left:
            return await self._store.append(append)
        if self._when is _Fails.AFTER:
            await self._store.append(append)
        message = "the cable was pulled"
        raise StoreUnavailable(message)

    async def outcome_of(self, by: str, command_id: CommandId, body: bytes) -> Outcome | None:
        return await self._store.outcome_of(by, command_id, body)

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[Event]]:
        return await self._store.read_stream(stream, after)

    async def head_at(self, stream: StreamName, version: int) -> bytes | None:
        return await self._store.head_at(stream, version)

    async def read_sound(self, stream: StreamName) -> Sequence[Recorded[Event]]:
        return await self._store.read_sound(stream)

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[Event]]:
        return await self._store.read_log(after, limit)

    async def end(self) -> Checkpoint:
        return await self._store.end()


class _Keeping(Lamps):
    """The control: a handler that keeps the state it expects, whatever becomes of the append."""

    async def _append(
        self,
        aggregate: Any,  # noqa: ANN401 - private to the handler
        loaded: Loaded[Lamp],
        append: Append[Event],
    ) -> Handled:
        state = LAMP_DECIDER.fold(append.events, loaded.state)
        version = loaded.version + len(append.events)
        aggregate.loaded = Loaded(state, version, b"")
        return Handled((await self._store.append(append)).outcome, is_duplicate=False)


@asynccontextmanager
async def _stores(folder: Path, kind: str) -> AsyncIterator[Store]:
    if kind == "memory":
        yield MemoryStore(CODEC)
    else:
        async with SQLiteStore(folder / "events.db", CODEC) as sqlite:
            yield sqlite


async def _in_log(store: Store) -> Lamp:
    return LAMP_DECIDER.fold(one.event for one in await store.read_stream(HALL))


@pytest.mark.parametrize("at", _PLACES)
@pytest.mark.parametrize("when", _Fails)
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_after_a_failed_append_the_next_command_sees_what_is_recorded(
    tmp_path: Path, kind: str, when: _Fails, at: int
) -> None:
    async with _stores(tmp_path, kind) as store:
        lamps: Lamps = CommandHandler(LAMP_DECIDER, _Failing(store, at, when))
        failures = 0
        for number, command in enumerate(_STORY, 1):
            before = await _in_log(store)
            try:
                await lamps.handle(HALL, issued(command, f"{number}"))
            except StoreUnavailable:
                failures += 1
                is_recorded = when is _Fails.AFTER
                assert (await _in_log(store) != before) == is_recorded
                assert (await lamps.load(HALL)).state == await _in_log(store)
                repeat = await lamps.handle(HALL, issued(command, f"{number}"))
                assert repeat.is_duplicate == is_recorded
            loaded, log = await lamps.load(HALL), await store.read_stream(HALL)
            assert (loaded.state, loaded.version) == (await _in_log(store), len(log))
            assert loaded.head == log[-1].hash

        assert failures == 1
        assert await _in_log(store) == Lamp(on=False, switched=12)


async def test_a_handler_that_keeps_the_state_it_expects_is_found_out() -> None:
    """The control of the test above: it goes astray wherever nothing was recorded."""
    for at in _PLACES:
        store: Store = MemoryStore(CODEC)
        lamps = _Keeping(LAMP_DECIDER, _Failing(store, at, _Fails.BEFORE))
        for number, command in enumerate(_STORY[:at], 1):
            if number < at:
                await lamps.handle(HALL, issued(command, f"{number}"))
                continue
            with pytest.raises(StoreUnavailable):
                await lamps.handle(HALL, issued(command, f"{number}"))
        assert (await lamps.load(HALL)).state != await _in_log(store)
