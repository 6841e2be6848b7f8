"""Clients that were told a name which is to be forgotten: they hear of it, whenever they come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from clouds_edges.client.admin_connection import AdminConnection
from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.admin import ForgetPlayer
from clouds_edges.protocol.messages import (
    Accepted,
    AskRecord,
    ForgottenAre,
    Happened,
    RecordIs,
    Welcome,
)
from tests.server.guests import SMALL, Guest, House, draw, open_game, started
from tests.server.operators import operating


@dataclass
class _Scene:
    """Bob plays with Annabella, whose id is `ann`."""

    house: House
    operator: AdminConnection
    bob: Guest
    game: StreamName
    ann: PlayerId

    async def forget(self) -> None:
        await self.operator.ask(ForgetPlayer(player=self.ann))


@asynccontextmanager
async def _scene(folder: Path) -> AsyncIterator[_Scene]:
    async with operating(folder) as (house, operator):
        bob, guest = await house.player("Bob"), await house.guest()
        welcome = await guest.greet("Annabella")
        assert isinstance(welcome, Welcome)
        game = await open_game(guest, OpenGame(SMALL))
        assert isinstance(await bob.order(MAIN_LOBBY, JoinGame(game)), Accepted)
        stream = StreamName(f"game/{game}")
        await started(bob, stream)
        yield _Scene(house, operator, bob, stream, welcome.player.id)


async def _hears_of_nobody(guest: Guest) -> bool:
    await guest.say(AskRecord())
    await guest.next(RecordIs)
    return not any(isinstance(one, ForgottenAre) for one in guest.unread)


async def test_everybody_is_told_who_is_forgotten_whatever_they_watch(tmp_path: Path) -> None:
    async with _scene(tmp_path) as scene:
        cyd = await scene.house.player("Cyd")
        await scene.forget()
        for guest in (scene.bob, cyd):
            assert (await guest.next(ForgottenAre)).players == (scene.ann,)
            assert await _hears_of_nobody(guest)  # it is said once


async def test_who_was_away_is_told_before_the_game_goes_on(tmp_path: Path) -> None:
    async with _scene(tmp_path) as scene:
        await scene.bob.order(scene.game, draw("a1h"))
        await scene.bob.socket.close()
        await scene.forget()
        bob = await scene.house.player(token=scene.bob.token)
        told = await bob.watch(scene.game, after=1)
        assert isinstance(told, Happened)
        assert [one.version for one in told.events] == [2]
        assert (await bob.next(ForgottenAre)).players == (scene.ann,)


async def test_who_comes_to_a_lobby_is_told_before_they_see_it(tmp_path: Path) -> None:
    async with _scene(tmp_path) as scene:
        await scene.forget()
        cyd = await scene.house.player("Cyd")
        seen = await cyd.lobby()
        assert (await cyd.next(ForgottenAre)).players == (scene.ann,)
        assert "Annabella" not in repr(seen)


async def test_of_those_who_are_not_forgotten_nothing_is_told(tmp_path: Path) -> None:
    """The control of the tests above."""
    async with _scene(tmp_path) as scene:
        assert isinstance(await scene.bob.watch(scene.game), Happened)
        await scene.bob.lobby()
        await scene.house.player("Cyd")  # somebody signs up, in the same stream
        assert await _hears_of_nobody(scene.bob)
