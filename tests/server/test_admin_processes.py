import asyncio
from pathlib import Path

import pytest

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.client.admin_connection import AdminConnection, QuestionRefused
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.errors import VersionConflict
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.store import Append, Appended
from clouds_edges.eventsourcing.stuck import NotStuck
from clouds_edges.protocol.admin import (
    Asks,
    ListProcesses,
    PauseProcess,
    RebuildProcess,
    ResumeProcess,
    RetryStuck,
    SkipStuck,
)
from clouds_edges.protocol.admin_answers import Done, ProcessRow
from clouds_edges.server.admin.long_work import LongWork
from clouds_edges.server.admin.processes import ProcessesView
from tests.application.playing import SMALL as SMALL_BOARD
from tests.application.playing import House, house
from tests.server.guests import PATIENCE, kinds_in, open_game, started
from tests.server.operators import operating


async def row_of(operator: AdminConnection, name: str) -> ProcessRow:
    answer = await operator.ask(ListProcesses())
    return next(one for one in answer.processes if one.name == name)


async def test_processes_are_listed(tmp_path: Path) -> None:
    async with operating(tmp_path) as (home, operator):
        await home.two_in_a_game()
        answer = await operator.ask(ListProcesses())
        assert {one.name for one in answer.processes} >= {"start-game", "close-game", "play-bots"}
        assert answer.end > 0
        row = await row_of(operator, "start-game")
        assert (row.state, row.error, row.stuck, row.timers) == ("following", None, (), 0)
        async with asyncio.timeout(PATIENCE):
            while (await row_of(operator, "start-game")).lag:
                pass


async def test_a_process_rests_until_it_is_resumed(tmp_path: Path) -> None:
    async with operating(tmp_path) as (home, operator):
        ann, bob = await home.player("Ann"), await home.player("Bob")
        paused = await operator.ask(PauseProcess(process="start-game"))
        assert paused.sentence.startswith("start-game rests")
        game = await open_game(ann, OpenGame(SMALL_BOARD))
        await bob.order(MAIN_LOBBY, JoinGame(game))
        row = await row_of(operator, "start-game")
        assert (row.state, row.lag > 0) == ("paused", True)
        assert await kinds_in(bob, game_stream(game)) == []
        assert (await operator.ask(ResumeProcess(process="start-game"))).sentence
        await started(bob, game_stream(game))
        assert (await row_of(operator, "start-game")).state == "following"


async def test_a_process_folds_its_state_again(tmp_path: Path) -> None:
    async with operating(tmp_path) as (home, operator):
        await open_game(await home.player("Ann"), OpenGame(SMALL_BOARD))
        async with asyncio.timeout(PATIENCE):
            while not (await row_of(operator, "expire-games")).timers:
                pass
        await operator.ask(RebuildProcess(process="expire-games"))
        row = await row_of(operator, "expire-games")
        assert (row.timers, row.rebuilt_to, row.state) == (1, None, "following")


@pytest.mark.parametrize(
    "question",
    [
        PauseProcess(process="x"),
        ResumeProcess(process="x"),
        RebuildProcess(process="x"),
        RetryStuck(process="x", stream="lobby/main"),
        SkipStuck(process="x", stream="lobby/main"),
    ],
)
async def test_an_unknown_process_is_told_with_the_known(
    tmp_path: Path, question: Asks[Done]
) -> None:
    async with operating(tmp_path) as (_, operator):
        with pytest.raises(
            QuestionRefused, match=r"'x'.*start-game, close-game, play-bots"
        ) as told:
            await operator.ask(question)
        assert told.value.code == "unknown_process"


@pytest.mark.parametrize("kind", [RetryStuck, SkipStuck])
async def test_where_nothing_is_stuck_there_is_nothing_to_retry_or_skip(
    tmp_path: Path, kind: type[RetryStuck | SkipStuck]
) -> None:
    async with operating(tmp_path) as (_, operator):
        with pytest.raises(QuestionRefused, match="start-game is not stuck in players") as told:
            await operator.ask(kind(process="start-game", stream="players"))
        assert told.value.code == "not_stuck"


class _Stubborn(MemoryStore[AnyEvent]):
    """Lets no game begin until it is told to."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.is_stubborn = True

    async def append(self, append: Append[AnyEvent]) -> Appended[AnyEvent]:
        if self.is_stubborn and append.stream.startswith("game/"):
            raise VersionConflict(append.stream, 0, 1)
        return await super().append(append)


async def stuck_at_a_start(here: House) -> str:
    """A game whose start has failed once, and waits for the next try."""
    ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
    game = await here.open(OpenGame(SMALL_BOARD), ann)
    await here.give(MAIN_LOBBY, JoinGame(game), bob)
    async with asyncio.timeout(PATIENCE):
        while not here.system.process("start-game").status.stuck:  # noqa: ASYNC110 - it is mute
            await asyncio.sleep(0)
    return game_stream(game)


async def test_what_is_stuck_is_shown_and_retried(tmp_path: Path) -> None:
    store = _Stubborn()
    async with house(store, tmp_path) as here:
        game = await stuck_at_a_start(here)
        view = ProcessesView(here.system, LongWork())
        rows = {one.name: one for one in (await view.all(ListProcesses())).processes}
        (stuck,) = rows["start-game"].stuck
        assert (stuck.stream, stuck.is_parked, stuck.waiting, stuck.timer) == (
            MAIN_LOBBY,
            False,
            0,
            None,
        )
        assert (stuck.tries, "VersionConflict" in stuck.error) == (1, True)

        store.is_stubborn = False
        await view.retry(RetryStuck(process="start-game", stream=MAIN_LOBBY))
        async with asyncio.timeout(PATIENCE):
            while not await store.read_stream(game):  # type: ignore[arg-type]  # noqa: ASYNC110 - it is mute
                await asyncio.sleep(0)
        with pytest.raises(NotStuck):
            await view.retry(RetryStuck(process="start-game", stream=MAIN_LOBBY))


async def test_what_is_stuck_is_skipped(tmp_path: Path) -> None:
    async with house(_Stubborn(), tmp_path) as here:
        await stuck_at_a_start(here)
        view = ProcessesView(here.system, LongWork())
        await view.skip(SkipStuck(process="start-game", stream=MAIN_LOBBY))
        rows = {one.name: one for one in (await view.all(ListProcesses())).processes}
        assert rows["start-game"].stuck == ()
