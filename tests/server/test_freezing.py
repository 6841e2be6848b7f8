"""A frozen server over real sockets: it was frozen before it was started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.actors import Admin, Player
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.protocol.messages import Accepted, Duplicate, Happened, Refused
from tests.scenario import NOON
from tests.server.guests import SMALL, draw, open_game, serving, started

ROOT: Final = Admin("root")
SENTENCE: Final = "the server is frozen, games go on later: backup"


@asynccontextmanager
async def resting(folder: Path) -> AsyncIterator[System]:
    """The system on a server's data, without sockets, and without processes."""
    async with SQLiteStore(folder / "events.db", CODEC) as store:
        system = System(store, folder, lambda: NOON)
        yield system
        system.close()


async def freeze(folder: Path) -> None:
    async with resting(folder) as system:
        await system.freeze("backup", ROOT)


async def unfreeze(folder: Path) -> None:
    async with resting(folder) as system:
        await system.unfreeze(ROOT)


async def test_a_frozen_server_shows_everything_and_takes_no_orders(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await bob.order(game, draw("a1h"), "bobs")
        tokens = bob.token, ann.token
    await freeze(tmp_path)
    for _ in range(2):  # and after another restart it still is
        async with serving(tmp_path) as house:
            bob, ann = [await house.player(token=token) for token in tokens]
            for stream, command in (
                (game, draw("a2h")),
                (MAIN_LOBBY, OpenGame(SMALL)),
                (PLAYERS, Rename("Anna")),
            ):
                answer = await ann.order(stream, command)
                assert isinstance(answer, Refused)
                assert (answer.code, answer.sentence) == ("frozen", SENTENCE)
            assert isinstance(await bob.order(game, draw("a1h"), "bobs"), Duplicate)
            told = await ann.watch(game)
            assert isinstance(told, Happened)
            assert told.version == 2
            assert len((await ann.lobby()).lobby.tables) == 1
    await unfreeze(tmp_path)
    async with serving(tmp_path) as house:
        ann = await house.player(token=tokens[1])
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)


async def test_nobody_signs_up_while_the_server_is_frozen(tmp_path: Path) -> None:
    async with serving(tmp_path):
        pass
    await freeze(tmp_path)
    async with serving(tmp_path) as house:
        guest = await house.guest()
        refused = await guest.greet("Ann")
        assert isinstance(refused, Refused)
        assert (refused.code, refused.sentence) == ("frozen", SENTENCE)
    await unfreeze(tmp_path)
    async with serving(tmp_path) as house:
        await house.player("Ann", guest.token)


async def test_a_game_that_was_to_begin_begins_once_the_server_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, bob = await house.player("Ann"), await house.player("Bob")
        game = await open_game(ann, OpenGame(SMALL))
        token = bob.token
    async with resting(tmp_path) as system:
        (bobs,) = [one for one in (await players_of(system)) if one.name == "Bob"]
        order = Issued(JoinGame(game), bobs, NOON, CommandId("join"))
        await system.give(MAIN_LOBBY, order)
        await system.freeze("backup", ROOT)
    async with serving(tmp_path) as house:
        bob = await house.player(token=token)
        told = await bob.watch(game_stream(game))
        assert isinstance(told, Happened)
        assert told.version == 0
        assert (await bob.lobby()).lobby.tables[game].is_playing
    await unfreeze(tmp_path)
    async with serving(tmp_path) as house:
        bob = await house.player(token=token)
        await started(bob, game_stream(game))
        assert isinstance(await bob.order(game_stream(game), draw("a1h")), Accepted)


async def players_of(system: System) -> list[Player]:
    return list((await system.players.load(PLAYERS)).state.by_id.values())
