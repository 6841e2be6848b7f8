"""What happens because time passes: clocks run out, graces end, open games expire."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from clouds_edges.application.downtime import stand_clocks
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import BotLevel, Player, Process
from clouds_edges.domain.game.clock import Clock as GameClock
from clouds_edges.domain.game.commands import DrawLine, NoteAbsence, NoteReturn, Resign
from clouds_edges.domain.game.events import (
    ClockStood,
    GameEnded,
    GraceEnded,
    TimeRanOut,
)
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import MAIN_LOBBY, GameId, game_stream
from clouds_edges.domain.lobby.commands import CancelGame, JoinGame, OpenGame
from clouds_edges.domain.lobby.events import GameExpired
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.store import Append, Appended
from clouds_edges.rules import Board, Ending
from tests.application.playing import SMALL, House, house, lose_checkpoints, resting_house
from tests.eventsourcing.clock import Clock
from tests.eventsourcing.lamp import NOON

BLITZ: Final = GameClock(timedelta(seconds=60), timedelta(seconds=3))
GRACE: Final = timedelta(seconds=60)
PRESENCE: Final = Process("presence")
DAY: Final = 24 * 60 * 60


@pytest.fixture
def store() -> MemoryStore[AnyEvent]:
    return MemoryStore(CODEC)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def is_over(game: Game) -> bool:
    return game.outcome is not None


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


async def times_of(here: House, kind: type) -> list[datetime]:
    """When events of this kind have happened."""
    return [one.at for one in await here.log() if isinstance(one.event, kind)]


async def bob_to_draw(here: House, clock: GameClock | None = None) -> tuple[Player, Player, GameId]:
    """Ann, Bob, whose turn it is, and their game."""
    ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
    return ann, bob, await here.start(ann, bob, clock=clock)


async def all_at_rest(here: House, before: int) -> None:
    """Wait until every process has rested once since there were so many rests."""
    async with asyncio.timeout(20):
        while len(here.clock.rests) < before + len(here.system.processes):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


async def draw(here: House, game: GameId) -> None:
    state = await here.game(game)
    await here.give(game_stream(game), DrawLine(state.position.free_lines[0]), state.to_draw)


async def test_a_game_ends_when_the_time_of_who_is_to_draw_is_out(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        _, _, game = await bob_to_draw(here, BLITZ)
        clock.advance(60)
        state = await here.until_game(game, is_over)
        assert state.outcome is not None
        assert state.outcome.ending is Ending.TIME_RAN_OUT
        assert state.outcome.winners == (0,)
        await here.until_lobby(lambda lobby: not lobby.tables)
        assert await times_of(here, TimeRanOut) == [later(60)]


async def test_every_line_hands_the_clock_to_the_other(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        _, _, game = await bob_to_draw(here, BLITZ)
        clock.advance(50)
        await draw(here, game)
        clock.advance(20)
        await draw(here, game)
        clock.advance(13)
        state = await here.until_game(game, is_over)
        assert state.outcome is not None
        assert state.outcome.winners == (0,)
        assert await times_of(here, TimeRanOut) == [later(50 + 20 + 13)]


async def test_a_clock_that_runs_out_while_nobody_looks_is_called_afterwards_and_once(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        ann, bob, game = await bob_to_draw(here, BLITZ)
    clock.jump(100)
    async with house(store, tmp_path, clock) as here:
        await here.until_game(game, is_over)
        await here.until_lobby(lambda lobby: not lobby.tables)
        before = await here.log()
    lose_checkpoints(tmp_path)
    async with house(store, tmp_path, clock) as here:
        again = await here.start(ann, bob, clock=BLITZ)
        clock.advance(60)
        await here.until_game(again, is_over)
        assert (await here.log())[: len(before)] == before
        assert await times_of(here, TimeRanOut) == [later(100), later(160)]


async def test_a_bot_plays_a_game_with_a_clock_to_its_end(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        ann = await here.sign_up("Ann")
        command = OpenGame(Board(1, 2), bots=(BotLevel.GREEDY,), clock=BLITZ)
        game = await here.open(command, ann)

        def waits_for_ann(state: Game) -> bool:
            return is_over(state) or state.to_draw == ann

        while not is_over(await here.until_game(game, waits_for_ann)):
            await draw(here, game)
        outcome = (await here.game(game)).outcome
        assert outcome is not None
        assert outcome.ending is Ending.PLAYED_OUT


async def test_a_bot_moves_though_somebody_vanishes_before_it_has(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.open(OpenGame(SMALL, seats=3, bots=(BotLevel.RANDOM,)), ann)
        await here.give(MAIN_LOBBY, JoinGame(game), bob)
        await here.until_game(game, lambda state: state.to_draw == bob)
        await draw(here, game)
    async with resting_house(store, tmp_path, clock) as here:
        await draw(here, game)
        await here.give(game_stream(game), NoteAbsence(ann.id, GRACE), PRESENCE)
    async with house(store, tmp_path, clock) as here:
        await here.until_game(game, lambda state: state.to_draw == bob)


async def test_nobody_pays_for_the_time_in_which_the_server_was_away(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        ann, _, game = await bob_to_draw(here, BLITZ)
        untimed = await here.start(ann, await here.sign_up("Cyd"))
        clock.advance(10)
    clock.jump(10_000)
    async with resting_house(store, tmp_path, clock) as here:
        await stand_clocks(here.system, later(10), clock.now)
        before = await here.log()
        await stand_clocks(here.system, later(10), clock.now)
        assert await here.log() == before  # once is enough
        assert await times_of(here, ClockStood) == [later(10_010)]
    before_start = len(clock.rests)
    async with house(store, tmp_path, clock) as here:
        await all_at_rest(here, before_start)
        clock.advance(49)
        await draw(here, untimed)
        clock.advance(1)
        await here.until_game(game, is_over)
        assert await times_of(here, TimeRanOut) == [later(10_010 + 50)]


async def test_a_clock_that_nobody_stands_is_charged_for_the_downtime(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    """The control of the test above."""
    async with house(store, tmp_path, clock) as here:
        _, _, game = await bob_to_draw(here, BLITZ)
        clock.advance(10)
    clock.jump(10_000)
    async with house(store, tmp_path, clock) as here:
        await here.until_game(game, is_over)
        assert await times_of(here, TimeRanOut) == [later(10_010)]


async def test_clocks_stand_only_in_games_that_have_begun_and_go_on(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with resting_house(store, tmp_path, clock) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        waiting = await here.open(OpenGame(SMALL, clock=BLITZ), ann)
        not_begun = await here.open(OpenGame(SMALL, clock=BLITZ), ann)
        await here.give(MAIN_LOBBY, JoinGame(not_begun), bob)
        before = await here.log()
        await stand_clocks(here.system, NOON, lambda: later(10))
        assert await here.log() == before
        assert waiting in (await here.lobby()).tables
    async with house(store, tmp_path, clock) as here:
        await here.until_game(not_begun, lambda _: True)
    async with resting_house(store, tmp_path, clock) as here:
        await here.give(game_stream(not_begun), Resign(), bob)
        await stand_clocks(here.system, NOON, lambda: later(10))
        assert await times_of(here, ClockStood) == []


class _CommitTogether(MemoryStore[AnyEvent]):
    """Records that clocks stand once so many games wait for it; or not, if it is in trouble."""

    def __init__(self, games: int) -> None:
        super().__init__(CODEC)
        self.is_in_trouble = False
        self._missing = games
        self._are_there = asyncio.Event()

    async def append(self, append: Append[AnyEvent]) -> Appended[AnyEvent]:
        if isinstance(append.events[0], ClockStood):
            if self.is_in_trouble:
                message = "the disk is full"
                raise StoreUnavailable(message)
            self._missing -= 1
            if not self._missing:
                self._are_there.set()
            await self._are_there.wait()
        return await super().append(append)


async def test_the_clocks_of_many_games_stand_in_one_commit(tmp_path: Path, clock: Clock) -> None:
    store = _CommitTogether(games=3)
    async with house(store, tmp_path, clock) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        for _ in range(3):
            await here.start(ann, bob, clock=BLITZ)
        store.is_in_trouble = True
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            await stand_clocks(here.system, NOON, lambda: later(10))
        store.is_in_trouble = False
        async with asyncio.timeout(20):
            await stand_clocks(here.system, NOON, lambda: later(10))
        assert await times_of(here, ClockStood) == [later(10)] * 3


async def test_the_others_may_claim_once_the_grace_has_ended(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        _, bob, game = await bob_to_draw(here)
        await here.give(game_stream(game), NoteAbsence(bob.id, GRACE), PRESENCE)
        clock.advance(60)
        await here.until_game(game, lambda state: bool(state.claimable_by("id-of-Ann")))
        assert await times_of(here, GraceEnded) == [later(60)]


async def test_who_comes_back_in_time_begins_anew_when_they_vanish_again(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        _, bob, game = await bob_to_draw(here)
        await here.give(game_stream(game), NoteAbsence(bob.id, GRACE), PRESENCE)
        clock.advance(30)
        await here.give(game_stream(game), NoteReturn(bob.id), PRESENCE)
        clock.advance(20)
        await here.give(game_stream(game), NoteAbsence(bob.id, GRACE), PRESENCE)
        clock.advance(60)
        await here.until_game(game, lambda state: bool(state.claimable_by("id-of-Ann")))
        assert await times_of(here, GraceEnded) == [later(30 + 20 + 60)]


async def test_the_grace_lasts_longer_by_the_time_in_which_the_server_was_away(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        _, bob, game = await bob_to_draw(here)
        await here.give(game_stream(game), NoteAbsence(bob.id, GRACE), PRESENCE)
        clock.advance(20)
    clock.jump(1000)
    async with resting_house(store, tmp_path, clock) as here:
        await stand_clocks(here.system, later(20), clock.now)
    before = len(clock.rests)
    async with house(store, tmp_path, clock) as here:
        await all_at_rest(here, before)
        clock.advance(40)
        await here.until_game(game, lambda state: bool(state.claimable_by("id-of-Ann")))
        assert await times_of(here, GraceEnded) == [later(20 + 1000 + 40)]


async def test_nothing_waits_for_who_vanished_from_a_game_that_is_over(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        ann, bob, game = await bob_to_draw(here, BLITZ)
        await here.give(game_stream(game), NoteAbsence(bob.id, GRACE), PRESENCE)
        await here.give(game_stream(game), Resign(), ann)
        await here.until_lobby(lambda lobby: not lobby.tables)
        await clock.idle()
        assert await times_of(here, GameEnded) == [NOON]
        processes = here.system.processes
        assert {name: processes[name].status.timers for name in ("end-grace", "call-time")} == {
            "end-grace": 0,
            "call-time": 0,
        }


async def test_an_open_game_that_nobody_joins_expires_after_a_day(
    store: MemoryStore[AnyEvent], tmp_path: Path, clock: Clock
) -> None:
    async with house(store, tmp_path, clock) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        await here.open(OpenGame(SMALL), ann)
        clock.advance(DAY / 2)
        second = await here.open(OpenGame(SMALL), ann)
        taken_back = await here.open(OpenGame(SMALL), ann)
        await here.give(MAIN_LOBBY, CancelGame(taken_back), ann)
        joined = await here.start(ann, bob)
    clock.jump(DAY / 2)
    async with house(store, tmp_path, clock) as here:
        await here.until_lobby(lambda lobby: len(lobby.tables) == 2)
        assert (await here.lobby()).tables.keys() == {second, joined}
        clock.advance(DAY / 2)
        await here.until_lobby(lambda lobby: len(lobby.tables) == 1)
        assert (await here.lobby()).tables.keys() == {joined}
        assert await times_of(here, GameExpired) == [later(DAY), later(1.5 * DAY)]
        await clock.idle()
        assert here.system.process("expire-games").status.timers == 0
