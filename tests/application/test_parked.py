"""What happens to the server when a process cannot do its part."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from clouds_edges.application.system import UnknownProcess
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import Recorded
from tests.application.playing import SMALL, House, house, resting_house
from tests.eventsourcing.clock import Clock


class _Poisoned(MemoryStore[AnyEvent]):
    """Has a bug: it cannot read games, as long as nobody mends it."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.is_mended = False

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[AnyEvent]]:
        if stream.startswith("game/") and not self.is_mended:
            raise LookupError(stream)
        return await super().read_stream(stream, after)


async def _until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not wanted():  # noqa: ASYNC110 - a process tells nobody
            await asyncio.sleep(0)


async def _park_the_start(here: House, clock: Clock) -> None:
    """Open a game whose start fails until it is parked."""
    ann = await here.sign_up("Ann")
    await here.open(OpenGame(SMALL, bots=(BotLevel.GREEDY,)), ann)
    process = here.system.process("start-game")
    async with asyncio.timeout(20):
        while not any(one.is_parked for one in process.status.stuck):
            clock.advance(16)  # the longest pause between two tries
            await asyncio.sleep(0)


async def test_what_is_parked_is_seen_and_can_be_retried_once_it_is_mended(tmp_path: Path) -> None:
    store, clock = _Poisoned(), Clock()
    async with house(store, tmp_path, clock) as here:
        await _park_the_start(here, clock)
        (stuck,) = here.system.process("start-game").status.stuck
        assert stuck.stream == MAIN_LOBBY
        assert stuck.error.startswith("LookupError: game/")

        store.is_mended = True
        await here.system.process("start-game").retry(MAIN_LOBBY)

        (game,) = (await here.lobby()).tables
        await here.until_game(game, lambda _: True)


async def test_what_is_parked_is_no_hindrance_for_the_server(tmp_path: Path) -> None:
    clock = Clock()
    async with house(_Poisoned(), tmp_path, clock) as here:
        await _park_the_start(here, clock)
        assert here.system.is_whole


async def test_a_process_that_has_stopped_is_one(tmp_path: Path) -> None:
    """The control of the test above."""
    clock = Clock()
    async with house(_Poisoned(), tmp_path, clock) as here:
        await here.open(OpenGame(SMALL), await here.sign_up("Ann"))
        await _until(lambda: here.system.process("expire-games").status.timers == 1)
        await clock.idle()
        clock.broken = ZeroDivisionError("a clock of no hours")
        clock.advance(30)
        await _until(lambda: not here.system.is_whole)
        clock.broken = None


async def test_of_an_unknown_process_the_known_are_listed(tmp_path: Path) -> None:
    async with resting_house(_Poisoned(), tmp_path) as here:
        with pytest.raises(UnknownProcess) as caught:
            here.system.process("start-games")
    known = ", ".join(here.system.processes)
    assert caught.value.sentence == (
        f"there is no process 'start-games': the processes are {known}"
    )
    assert "start-game, close-game, play-bots" in known
