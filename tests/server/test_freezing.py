"""A frozen server over real sockets: it was frozen before it was started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Final

from clouds_edges.application.system import KEYS, System
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.actors import OPERATOR, Player
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.events import ClockStood
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.protocol.admin import FreezeServer, UnfreezeServer
from clouds_edges.protocol.messages import Accepted, Duplicate, FrozenIs, Happened, Refused
from tests.scenario import NOON
from tests.server.guests import SMALL, draw, open_game, serving, started, until
from tests.server.operators import operating

ROOT: Final = OPERATOR
SENTENCE: Final = "the server is frozen, games go on later: backup"


@asynccontextmanager
async def resting(folder: Path) -> AsyncIterator[System]:
    """The system on a server's data, without sockets, and without processes."""
    with closing(KeyFile(folder / KEYS)) as keyring:
        async with SQLiteStore(folder / "events.db", CODEC.sealed_by(keyring)) as store:
            system = System(store, folder, lambda: NOON, keyring=keyring)
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
        await bob.order(PLAYERS, Rename("Rob"), "a name")
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
            assert isinstance(await bob.order(PLAYERS, Rename("Rob"), "a name"), Duplicate)
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


async def test_an_operator_freezes_a_server_while_people_play(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        bob, ann, game = await house.two_in_a_game()
        await operator.ask(FreezeServer(reason="backup"))
        answer = await bob.order(game, draw("a1h"))
        assert isinstance(answer, Refused)
        assert (answer.code, answer.sentence, answer.version) == ("frozen", SENTENCE, 1)
        assert isinstance(await (await house.guest()).greet("Cyd"), Refused)
        assert isinstance(await ann.watch(game), Happened)
        await operator.ask(UnfreezeServer())
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)
        assert len(await ann.events(game, up_to=2, after=1)) == 1


async def test_everybody_is_told_when_the_server_is_frozen_and_when_it_goes_on(
    tmp_path: Path,
) -> None:
    async with operating(tmp_path) as (house, operator):
        bob, ann, game = await house.two_in_a_game(clock=Clock(timedelta(minutes=5)))
        await operator.ask(FreezeServer(reason="backup"))
        told = [await one.next(FrozenIs) for one in (ann, bob)]
        assert {one.reason for one in told} == {"backup"}
        late = await house.player(token=ann.token)
        assert await late.next(FrozenIs) == told[0]

        await operator.ask(UnfreezeServer())
        for one in (ann, bob, late):
            news = await one.next(FrozenIs)
            assert news.reason is None
            assert news.since > told[0].since
        assert (await until(bob, game, ClockStood)).since == told[0].since
        later = await house.player(token=ann.token)
        await later.lobby()
        assert not any(isinstance(one, FrozenIs) for one in later.unread)


async def test_who_comes_to_a_server_that_was_frozen_before_it_was_started_is_told(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
    await freeze(tmp_path)
    async with serving(tmp_path) as house:
        again = await house.player(token=ann.token)
        assert await again.next(FrozenIs) == FrozenIs(reason="backup", since=NOON)
        await again.lobby()
    await unfreeze(tmp_path)
    async with serving(tmp_path) as house:
        again = await house.player(token=ann.token)
        await again.lobby()
        assert not any(isinstance(one, FrozenIs) for one in again.unread)
