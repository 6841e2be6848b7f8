"""Maintenance: reads go on, writes are refused to people, and processes wait."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from clouds_edges.application.processes.play_bots import play_bots
from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import OPERATOR, BotLevel, Guest, Player, Seat, bot_seat
from clouds_edges.domain.actors import Process as ProcessActor
from clouds_edges.domain.game.clock import Clock as GameClock
from clouds_edges.domain.game.commands import DrawLine, NoteAbsence, Resign, StartGame
from clouds_edges.domain.game.events import ClockStood, GameStarted, GraceEnded, TimeRanOut
from clouds_edges.domain.ids import (
    MAIN_LOBBY,
    OPERATIONS,
    PLAYERS,
    GameId,
    PlayerId,
    game_stream,
)
from clouds_edges.domain.lobby.commands import CloseGame, JoinGame, OpenGame
from clouds_edges.domain.lobby.events import GameClosed
from clouds_edges.domain.operations.events import ServerFrozen, ServerUnfrozen
from clouds_edges.domain.operations.refusals import AlreadyFrozen, Frozen, NotFrozen
from clouds_edges.domain.players.commands import SignUp
from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.eventsourcing.errors import CommandReused, StoreUnavailable, WritesStopped
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import Append, Appended
from clouds_edges.rules import parse_line
from tests.application.playing import SMALL, House, house, resting_house
from tests.eventsourcing.clock import Clock
from tests.eventsourcing.lamp import NOON

ROOT: Final = OPERATOR
A_WHILE: Final = 60
"""Seconds, after which a process in trouble has tried again."""
REASON: Final = "backup until five"


@pytest.fixture
def store() -> MemoryStore[AnyEvent]:
    return MemoryStore(CODEC)


async def test_orders_are_refused_with_the_reason_and_nothing_is_recorded(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob)
        await here.system.freeze(REASON, ROOT)
        end = await store.end()
        assert here.system.frozen == REASON

        for stream, command in (
            (game_stream(game), DrawLine(parse_line("a1h"))),
            (game_stream(game), Resign()),
            (MAIN_LOBBY, OpenGame(SMALL)),
        ):
            with pytest.raises(Frozen, match=f"frozen, games go on later: {REASON}"):
                await here.give(stream, command, bob)
        with pytest.raises(Frozen):
            await here.give(PLAYERS, SignUp("Cyd"), Guest(PlayerId("cyd")))
        assert await store.end() == end
        assert await here.system.player(ann.id) == ann  # reads go on

        await here.system.unfreeze(ROOT)
        assert here.system.frozen is None
        await here.give(game_stream(game), DrawLine(parse_line("a1h")), bob)


async def test_freezing_is_recorded_like_anything_else(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with resting_house(store, tmp_path) as here:
        with pytest.raises(NotFrozen):
            await here.system.unfreeze(ROOT)
        for _ in range(2):
            await here.system.freeze(REASON, ROOT)
            with pytest.raises(AlreadyFrozen):
                await here.system.freeze("another", ROOT)
            await here.system.unfreeze(ROOT)

    recorded = await store.read_stream(OPERATIONS)
    assert [one.event for one in recorded] == [ServerFrozen(REASON), ServerUnfrozen()] * 2
    assert {(one.by, one.at) for one in recorded} == {(ROOT.id, NOON)}
    assert len({one.command_id for one in recorded}) == 4


async def test_a_server_is_frozen_after_a_restart_too(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with resting_house(store, tmp_path) as here:
        ann = await here.sign_up("Ann")
        await here.system.freeze(REASON, ROOT)

    async with resting_house(store, tmp_path) as here:
        with pytest.raises(Frozen, match=REASON):
            await here.give(MAIN_LOBBY, OpenGame(SMALL), ann)
    async with resting_house(store, tmp_path) as here:
        await here.system.begin()
        assert here.system.frozen == REASON
        with pytest.raises(Frozen, match=REASON):
            await here.system.check_open(ann)
        with pytest.raises(WritesStopped, match=REASON):
            await here.system.check_open(ProcessActor("a-bot"))
        await here.system.unfreeze(ROOT)
        await here.system.check_open(ann)


async def test_an_order_that_had_its_effect_before_gets_its_first_answer(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    """Its answer may have been lost: to say `frozen` would be to say that it had no effect."""
    async with resting_house(store, tmp_path) as here:
        ann = await here.sign_up("Ann")
        order = Issued(OpenGame(SMALL), ann, NOON, CommandId("mine"), seed=7)
        first = await here.system.give(MAIN_LOBBY, order)
        await here.system.freeze(REASON, ROOT)

        again = await here.system.give(MAIN_LOBBY, order)

        assert (again.outcome, again.is_duplicate) == (first.outcome, True)
        with pytest.raises(CommandReused):
            await here.system.give(
                MAIN_LOBBY, Issued(OpenGame(SMALL, seats=3), ann, NOON, CommandId("mine"))
            )


async def test_a_process_is_told_to_wait(store: MemoryStore[AnyEvent], tmp_path: Path) -> None:
    async with resting_house(store, tmp_path) as here:
        ann = await here.sign_up("Ann")
        game = await here.open(OpenGame(SMALL), ann)
        await here.system.freeze(REASON, ROOT)
        with pytest.raises(WritesStopped, match=REASON) as stopped:
            await here.give(MAIN_LOBBY, CloseGame(game), ProcessActor("close-game"))
        assert isinstance(stopped.value, StoreUnavailable)  # which every process waits for


@contextmanager
def tries_again() -> Iterator[asyncio.Event]:
    """An event that is set when a process says that it waits."""
    said = asyncio.Event()

    class Notice(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if REASON in record.getMessage():
                said.set()

    handler, log = Notice(), logging.getLogger("clouds_edges.eventsourcing")
    log.addHandler(handler)
    log.setLevel(logging.INFO)  # that is not for the operator, who has said so
    try:
        yield said
    finally:
        log.setLevel(logging.NOTSET)
        log.removeHandler(handler)


async def test_processes_wait_and_then_go_on_once(
    store: MemoryStore[AnyEvent], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with resting_house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.open(OpenGame(SMALL), ann)
        await here.give(MAIN_LOBBY, JoinGame(game), bob)
        await here.system.freeze(REASON, ROOT)
    for _ in range(2):  # through a restart as well
        with tries_again() as waiting:
            async with house(store, tmp_path) as here:
                async with asyncio.timeout(20):
                    await waiting.wait()
                assert (await here.system.games.load(game_stream(game))).state is None
                assert here.system.is_whole
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]

    async with house(store, tmp_path) as here:
        await here.system.unfreeze(ROOT)
        await here.clock.idle()
        here.clock.advance(A_WHILE)
        await here.until_game(game, lambda _: True)
        await here.play_out(game)
        await here.until_lobby(lambda lobby: not lobby.tables)
        assert here.system.is_whole

    events = [one.event for one in await store.read_stream(game_stream(game))]
    assert sum(isinstance(event, GameStarted) for event in events) == 1


async def test_no_bot_thinks_of_a_line_that_would_not_be_recorded(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with resting_house(store, tmp_path) as here:
        ann, stream = await here.sign_up("Ann"), game_stream(GameId("0123456789ab"))
        seats = Seat(ann), bot_seat(BotLevel.RANDOM)
        start = StartGame(SMALL, private=False, seats=seats, first=1)
        await here.give(stream, start, ProcessActor("start-game"))
        *_, latest = await store.read_stream(stream)
        bots = play_bots(here.system.games.load, here.system.check_open)
        assert len(await bots.react(latest)) == 1
        await here.system.freeze(REASON, ROOT)
        with pytest.raises(WritesStopped):
            await bots.react(latest)


async def test_a_process_that_waits_goes_on_once_without_a_restart(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    clock = Clock()
    async with house(store, tmp_path, clock) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob)
        await here.give(game_stream(game), Resign(), ann)
        with tries_again() as waiting:
            await here.system.freeze(REASON, ROOT)  # before the lobby has heard of the end
            async with asyncio.timeout(20):
                await waiting.wait()
        assert (await here.lobby()).tables

        await here.system.unfreeze(ROOT)
        await clock.idle()
        clock.advance(A_WHILE)
        await here.until_lobby(lambda lobby: not lobby.tables)
        assert here.system.is_whole
        assert sum(isinstance(one.event, GameClosed) for one in await here.log()) == 1


async def in_a_timed_game(here: House) -> tuple[Player, GameId]:
    """Bob, who is to draw within a minute, and the game."""
    ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
    return bob, await here.start(ann, bob, clock=GameClock(timedelta(seconds=60)))


async def times_of(here: House, kind: type) -> list[float]:
    """How many seconds after noon events of this kind have happened."""
    return [
        (one.at - NOON).total_seconds() for one in await here.log() if isinstance(one.event, kind)
    ]


async def test_nobody_pays_for_the_time_in_which_the_server_was_frozen(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    clock = Clock()
    async with house(store, tmp_path, clock) as here:
        bob, game = await in_a_timed_game(here)
        note = NoteAbsence(bob.id, timedelta(seconds=55))
        await here.give(game_stream(game), note, ProcessActor("presence"))
        await clock.idle()
        clock.advance(10)
        await here.system.freeze(REASON, ROOT)
        clock.advance(1000)  # all timers are due, and wait
        await clock.idle()
    clock.jump(1000)
    async with house(store, tmp_path, clock) as here:
        await clock.idle()
        assert await times_of(here, ClockStood) == []
        await here.system.unfreeze(ROOT)
        await clock.idle()
        clock.advance(44)
        await clock.idle()
        assert await times_of(here, GraceEnded) == []
        clock.advance(1)
        await here.until_game(game, lambda state: bool(state.claimable_by("id-of-Ann")))
        clock.advance(5)
        await here.until_game(game, lambda state: state.outcome is not None)
        assert await times_of(here, ClockStood) == [2010]
        assert await times_of(here, GraceEnded) == [2010 + 45]
        assert await times_of(here, TimeRanOut) == [2010 + 50]


async def test_who_is_frozen_and_let_go_without_standing_the_clocks_pays(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    """The control of the test above."""
    clock = Clock()
    async with house(store, tmp_path, clock) as here:
        _, game = await in_a_timed_game(here)
        await clock.idle()
        clock.advance(10)
        await here.system.freeze(REASON, ROOT)
        clock.advance(1000)
        await here.system._gate.open(ROOT)  # noqa: SLF001 - what `unfreeze` does, but for the clocks
        await clock.idle()
        clock.advance(60)
        await here.until_game(game, lambda state: state.outcome is not None)


class SlowStore(MemoryStore[AnyEvent]):
    """Appends to games when it is let to."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()

    async def append(self, append: Append[AnyEvent]) -> Appended[AnyEvent]:
        if append.stream.startswith("game/") and append.expected_version:
            self.reached.set()
            await self.go_on.wait()
        return await super().append(append)


async def test_what_was_on_its_way_is_recorded_before_the_server_is_frozen(
    tmp_path: Path,
) -> None:
    """Behind the answer to `freeze` comes nothing: a copy of the log made then is whole."""
    store = SlowStore()
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = game_stream(await here.start(ann, bob))
        line = asyncio.ensure_future(here.give(game, DrawLine(parse_line("a1h")), bob))
        await store.reached.wait()
        freezing = asyncio.ensure_future(here.system.freeze(REASON, ROOT))
        while here.system.frozen is None:  # noqa: ASYNC110 - it is not told to anybody
            await asyncio.sleep(0)
        with pytest.raises(Frozen):
            await here.give(MAIN_LOBBY, OpenGame(SMALL), bob)
        assert not freezing.done()
        store.go_on.set()
        await freezing
        assert line.done()
        assert (await line).outcome.version == 2


async def test_a_log_on_disk_says_that_the_server_is_frozen(tmp_path: Path) -> None:
    async with (
        SQLiteStore(tmp_path / "events.db", CODEC) as store,
        resting_house(store, tmp_path) as here,
    ):
        await here.system.freeze(REASON, ROOT)
    async with SQLiteStore(tmp_path / "events.db", CODEC) as store:
        system = System(store, tmp_path, lambda: NOON)
        await system.begin()
        assert system.frozen == REASON
        system.close()
