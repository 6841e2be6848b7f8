"""F19 with the whole server core: read models are rebuilt while bots play."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, closing
from functools import partial
from pathlib import Path

import pytest

from clouds_edges.application.projections.activity import What, activity_between
from clouds_edges.application.system import (
    KEYS,
    PROJECTIONS,
    System,
    UnknownReadModel,
    building_parts,
)
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import Resign
from clouds_edges.domain.ids import game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.rebuild import BuilderInside, Site
from clouds_edges.eventsourcing.rebuild_process import BuilderOutside
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.eventsourcing.store import EventStore
from clouds_edges.rules import Board
from tests.application.playing import House, house, running_house
from tests.eventsourcing.clock import Clock
from tests.eventsourcing.lamp_models import rows_in
from tests.scenario import NOON

_NAMES = tuple(projection.name for projection in PROJECTIONS)


async def _let_bots_play(here: House, names: tuple[str, ...]) -> None:
    """Open games, and leave each of them to the bots in it."""
    for name in names:
        player = await here.sign_up(name)
        for _ in range(3):
            bots = (BotLevel.GREEDY, BotLevel.RANDOM)
            game = await here.open(OpenGame(Board(3, 3), seats=3, bots=bots), player)
            await here.until_game(game, lambda _: True)
            await here.give(game_stream(game), Resign(), player)


async def _lines_drawn(here: House) -> int:
    query = partial(activity_between, first=NOON.date(), last=NOON.date())
    days = await here.system.read_model("activity").read(query)
    return sum(day.counts[What.LINES_DRAWN] for day in days)


async def _until_quiet(here: House) -> list[Recorded[AnyEvent]]:
    """Wait until every game is over, and every read model has seen it; the log."""
    await here.until_lobby(lambda lobby: not lobby.tables)
    for model in here.system.read_models.values():
        await model.read(lambda _: None)
    return await here.log()


async def _rows_of_a_fold(store: EventStore[AnyEvent], folder: Path) -> Mapping[str, object]:
    sites = [Site(one, folder / f"{one.name}.folded.db") for one in PROJECTIONS]
    async with aclosing(BuilderInside(store, batch=37).build(sites)) as progress:
        async for _ in progress:
            pass
    return {site.projection.name: rows_in(site.path) for site in sites}


def _live_rows(folder: Path) -> Mapping[str, object]:
    return {name: rows_in(folder / "read-models" / f"{name}.db") for name in _NAMES}


async def test_read_models_are_rebuilt_while_bots_play(tmp_path: Path) -> None:
    seen: list[int] = []
    log = tmp_path / "events.db"
    with closing(KeyFile(tmp_path / KEYS)):
        pass
    async with SQLiteStore(log, CODEC) as store:
        builder = BuilderOutside(log, partial(building_parts, tmp_path))
        clock = Clock()
        system = System(store, tmp_path, clock.now, rest=clock.rest, builder=builder)
        async with running_house(system, clock) as here:
            is_over = asyncio.Event()

            async def play() -> None:
                await _let_bots_play(here, ("Ann", "Bob", "Cid"))

            async def read() -> None:
                while not is_over.is_set():
                    seen.append(await _lines_drawn(here))

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(play())
                tasks.create_task(read())
                await here.system.rebuild(*_NAMES)
                is_over.set()
            assert seen == sorted(seen)
            assert seen[-1] > 0

            before = await _until_quiet(here)
            live = _live_rows(tmp_path)
            await here.system.rebuild(*_NAMES)
            assert _live_rows(tmp_path) == live == await _rows_of_a_fold(store, tmp_path)
            assert await _until_quiet(here) == before  # nothing had an effect again


async def test_an_unknown_read_model_is_told_from_the_known_ones(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        sentence = "no read model 'chess': there are players, games, standings, activity"
        with pytest.raises(UnknownReadModel, match=sentence):
            here.system.read_model("chess")
        with pytest.raises(UnknownReadModel, match=sentence):
            await here.system.rebuild("players", "chess")


async def test_a_folder_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    store = MemoryStore(CODEC)
    (tmp_path / "read-models").touch()
    with pytest.raises(StoreUnavailable, match=r"read-models cannot be made: "):
        System(store, tmp_path, lambda: NOON)
