from pathlib import Path
from typing import Any

import pytest

from clouds_edges.application.snapshot_forms import lobby_form, players_form
from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.players.commands import Rename
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.domain.players.state import Players
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.rules import Board
from tests.application.playing import house, resting_house


@pytest.fixture
def store() -> MemoryStore[AnyEvent]:
    return MemoryStore(CODEC)


async def _fold(store: MemoryStore[Any]) -> tuple[Players, Lobby]:
    players = [one.event for one in await store.read_stream(PLAYERS)]
    lobby = [one.event for one in await store.read_stream(MAIN_LOBBY)]
    return PLAYERS_DECIDER.fold(players), LOBBY_DECIDER.fold(lobby)


async def test_players_and_lobby_are_the_same_after_a_restart_from_snapshots(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bøb")
        await here.give(PLAYERS, Rename("Anna"), ann)
        await here.start(ann, bob)
        await here.open(OpenGame(Board(3, 4), seats=4, private=True, bots=(BotLevel.GREEDY,)), bob)
    players, lobby = await _fold(store)

    async with resting_house(store, tmp_path) as here:
        assert (await here.system.players.load(PLAYERS)).state == players
        assert (await here.system.lobbies.load(MAIN_LOBBY)).state == lobby
        assert list((await here.lobby()).tables) == list(lobby.tables)
        await here.sign_up("Cyd")

    async with resting_house(store, tmp_path) as here:
        everybody = (await here.system.players.load(PLAYERS)).state.by_id.values()
        assert {one.name for one in everybody} == {"Anna", "Bøb", "Cyd"}


async def test_after_a_restart_only_what_is_new_is_read_of_the_long_streams(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with resting_house(store, tmp_path) as here:
        for number in range(20):
            await here.sign_up(f"Player {number}")

    store._streams[PLAYERS][:10] = []  # noqa: SLF001 - what is gone cannot be read again
    store._streams[PLAYERS][:0] = [store._log[19]] * 10  # noqa: SLF001 - versions stay as they were
    async with resting_house(store, tmp_path) as here:
        assert len((await here.system.players.load(PLAYERS)).state.by_id) == 20
    (tmp_path / "snapshots.db").unlink()
    async with resting_house(store, tmp_path) as here:  # the control: without snapshots they miss
        assert len((await here.system.players.load(PLAYERS)).state.by_id) == 10


@pytest.mark.parametrize("state", [b"", b"null", b"{", b'[{"id":1}]'])
def test_what_is_no_state_is_not_read_as_one(state: bytes) -> None:
    for form in (players_form(None), lobby_form(None)):
        with pytest.raises(ValueError, match="validation error"):
            form.read(state + b" ")
