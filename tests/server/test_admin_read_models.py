import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.client.admin_connection import AdminConnection, QuestionRefused
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site
from clouds_edges.eventsourcing.recorded import Checkpoint
from clouds_edges.protocol.admin import (
    Asks,
    InterruptRebuild,
    ListReadModels,
    PauseReadModel,
    RebuildAllReadModels,
    RebuildReadModel,
    ResetReadModel,
    ResumeReadModel,
)
from clouds_edges.protocol.admin_answers import Done, ReadModelRow
from clouds_edges.server.admin.long_work import Interrupted, LongWork, NothingUnderWay
from clouds_edges.server.admin.read_models import ReadModelsView
from tests.scenario import NOON
from tests.server.guests import PATIENCE
from tests.server.operators import operating


async def row_of(operator: AdminConnection, name: str) -> ReadModelRow:
    answer = await operator.ask(ListReadModels())
    return next(one for one in answer.read_models if one.name == name)


async def until_caught_up(operator: AdminConnection, name: str) -> ReadModelRow:
    async with asyncio.timeout(PATIENCE):
        while (row := await row_of(operator, name)).lag:
            pass
    return row


async def test_read_models_are_listed(tmp_path: Path) -> None:
    async with operating(tmp_path) as (home, operator):
        await home.two_in_a_game()
        answer = await operator.ask(ListReadModels())
        assert {one.name for one in answer.read_models} == {
            "players",
            "games",
            "standings",
            "activity",
        }
        row = await until_caught_up(operator, "games")
        assert (row.state, row.error, row.rebuilt_to) == ("following", None, None)
        assert row.position == (await operator.ask(ListReadModels())).end


async def test_a_read_model_rests_until_it_is_resumed(tmp_path: Path) -> None:
    async with operating(tmp_path) as (home, operator):
        await operator.ask(PauseReadModel(read_model="players"))
        await home.player("Ann")
        row = await row_of(operator, "players")
        assert (row.state, row.lag) == ("paused", 1)
        await operator.ask(ResumeReadModel(read_model="players"))
        assert (await until_caught_up(operator, "players")).state == "following"


async def test_a_read_model_is_reset_and_follows_from_the_beginning(tmp_path: Path) -> None:
    async with operating(tmp_path) as (home, operator):
        await home.player("Ann")
        before = await until_caught_up(operator, "players")
        assert (await operator.ask(ResetReadModel(read_model="players"))).sentence
        assert await until_caught_up(operator, "players") == before


@pytest.mark.parametrize(
    "question", [RebuildReadModel(read_model="players"), RebuildAllReadModels()]
)
async def test_read_models_are_built_anew(tmp_path: Path, question: Asks[Done]) -> None:
    async with operating(tmp_path) as (home, operator):
        await home.player("Ann")
        before = await until_caught_up(operator, "players")
        done = await operator.ask(question)
        assert "players" in done.sentence
        assert await until_caught_up(operator, "players") == before
        with pytest.raises(QuestionRefused) as told:
            await operator.ask(InterruptRebuild(read_model="players"))
        assert told.value.code == "nothing_under_way"


@pytest.mark.parametrize(
    "kind", [RebuildReadModel, InterruptRebuild, PauseReadModel, ResumeReadModel, ResetReadModel]
)
async def test_an_unknown_read_model_is_told_with_the_known(
    tmp_path: Path,
    kind: type[
        RebuildReadModel | InterruptRebuild | PauseReadModel | ResumeReadModel | ResetReadModel
    ],
) -> None:
    async with operating(tmp_path) as (_, operator):
        with pytest.raises(QuestionRefused, match=r"'x'.*players, games, standings") as told:
            await operator.ask(kind(read_model="x"))
        assert told.value.code == "unknown_read_model"


class _Slow:
    """Builds when it is let go on, and not before."""

    def __init__(self, builder: BuilderInside[AnyEvent]) -> None:
        self._builder = builder
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def build(
        self, sites: Sequence[Site[AnyEvent]]
    ) -> AsyncGenerator[Sequence[Checkpoint], None]:
        self.begun.set()
        await self.go_on.wait()
        async for reached in self._builder.build(sites):
            yield reached


@asynccontextmanager
async def slow_rebuilds(folder: Path) -> AsyncIterator[tuple[ReadModelsView, _Slow]]:
    store = MemoryStore(CODEC)
    builder = _Slow(BuilderInside(store))
    system, work = System(store, folder, lambda: NOON, builder=builder), LongWork()
    running = [asyncio.ensure_future(one) for one in (work.run(), *system.runs())]
    yield ReadModelsView(system, work), builder
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    system.close()


@pytest.mark.parametrize("is_of_all", [True, False])
async def test_a_rebuild_shows_how_far_it_is_and_is_interrupted(
    tmp_path: Path, *, is_of_all: bool
) -> None:
    async with slow_rebuilds(tmp_path) as (view, builder):
        asked = (
            view.rebuild_all(RebuildAllReadModels())
            if is_of_all
            else view.rebuild(RebuildReadModel(read_model="games"))
        )
        rebuilding = asyncio.ensure_future(asked)
        await builder.begun.wait()
        rows = {one.name: one for one in (await view.all(ListReadModels())).read_models}
        assert rows["games"].rebuilt_to == 0
        assert (rows["players"].rebuilt_to is None) != is_of_all

        await view.interrupt(InterruptRebuild(read_model="games"))
        with pytest.raises(Interrupted):
            await rebuilding
        rows = {one.name: one for one in (await view.all(ListReadModels())).read_models}
        assert rows["games"].rebuilt_to is None
        with pytest.raises(NothingUnderWay, match="no rebuild of games is under way"):
            await view.interrupt(InterruptRebuild(read_model="games"))


async def test_a_rebuild_at_the_start_is_interrupted_as_well(tmp_path: Path) -> None:
    (tmp_path / "read-models").mkdir()
    (tmp_path / "read-models" / "games.rebuilding.db").touch()
    async with slow_rebuilds(tmp_path) as (view, builder):
        await builder.begun.wait()
        done = await view.interrupt(InterruptRebuild(read_model="games"))
        assert done.sentence.startswith("the rebuild of games ends in a moment")
        with pytest.raises(NothingUnderWay, match="no rebuild of players is under way"):
            await view.interrupt(InterruptRebuild(read_model="players"))


async def test_a_rebuild_goes_on_when_the_operator_hangs_up(tmp_path: Path) -> None:
    async with slow_rebuilds(tmp_path) as (view, builder):
        gone = asyncio.ensure_future(view.rebuild(RebuildReadModel(read_model="games")))
        await builder.begun.wait()
        gone.cancel()
        await asyncio.wait([gone])
        waiting = asyncio.ensure_future(view.rebuild(RebuildReadModel(read_model="games")))
        await asyncio.sleep(0)
        builder.go_on.set()
        assert (await waiting).sentence == "games is built anew"
