"""Who is connected is known to those who wait for them; on real sockets."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from clouds_edges.application.patience import Patience
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import ClaimGame
from clouds_edges.domain.game.events import (
    GameClaimed,
    GameEnded,
    GraceEnded,
    PlayerReturned,
    PlayerVanished,
)
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Accepted, Happened, Refused
from clouds_edges.rules import Ending
from clouds_edges.server.serve import running_server
from tests.server.guests import SMALL, Guest, House, kinds_in, open_game, serving, started, until

NO_TIME: Final = timedelta(0)
LONG: Final = timedelta(hours=1)
QUICK: Final = Patience(grace=LONG, blink=NO_TIME, settling=LONG)
QUICKEST: Final = Patience(grace=NO_TIME, blink=NO_TIME, settling=LONG)


async def test_who_waits_is_told_who_vanished_and_who_is_back(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        bob, ann, stream = await house.two_in_a_game()
        await ann.watch(stream)
        await bob.socket.close()
        vanished = await until(ann, stream, PlayerVanished)
        assert vanished.seat == 1
        assert vanished.until - vanished.at == LONG
        refused = await ann.order(stream, ClaimGame())
        assert isinstance(refused, Refused)
        assert refused.code == "nobody_vanished"
        await house.player(token=bob.token)
        assert (await until(ann, stream, PlayerReturned)).seat == 1


async def test_who_waits_claims_the_game(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=QUICKEST) as house:
        bob, ann, stream = await house.two_in_a_game()
        await ann.watch(stream)
        bob.socket.transport.abort()
        await until(ann, stream, GraceEnded)
        assert isinstance(await ann.order(stream, ClaimGame()), Accepted)
        assert (await until(ann, stream, GameClaimed)).vanished == (1,)
        watched = await ann.watch(stream)
        assert isinstance(watched, Happened)
        ended = watched.events[-1].event
        assert isinstance(ended, GameEnded)
        assert ended.outcome.ending is Ending.ABANDONED
        assert ended.outcome.winners == (0,)


async def test_who_has_another_connection_is_still_here(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        bob, ann, stream = await house.two_in_a_game()
        dan, cyd = await house.player("Dan"), await house.player("Cyd")
        game = await open_game(cyd, OpenGame(SMALL))
        other = game_stream(game)
        await dan.order(MAIN_LOBBY, JoinGame(game))
        await started(cyd, other)
        await house.player(token=bob.token)
        await bob.socket.close()
        await dan.socket.close()
        await until(cyd, other, PlayerVanished)  # by then it was looked for Bob as well
        assert "player_vanished" not in await kinds_in(ann, stream)


async def test_who_opened_a_game_and_went_is_missed_when_it_begins(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        ann, bob = await house.player("Ann"), await house.player("Bob")
        game = await open_game(ann, OpenGame(SMALL))
        await ann.socket.close()
        await bob.order(MAIN_LOBBY, JoinGame(game))
        await started(bob, game_stream(game))
        assert (await until(bob, game_stream(game), PlayerVanished)).seat == 0


async def test_a_game_with_a_bot_misses_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        bob, ann, stream = await house.two_in_a_game()
        await ann.watch(stream)
        alone = await open_game(bob, OpenGame(SMALL, bots=(BotLevel.RANDOM,)))
        await started(bob, game_stream(alone))
        await bob.socket.close()
        await until(ann, stream, PlayerVanished)
        assert "player_vanished" not in await kinds_in(ann, game_stream(alone))


async def test_who_is_sent_away_by_a_server_that_stops_has_not_vanished(tmp_path: Path) -> None:
    """Also not while the server waits for a client that does not hear its goodbye."""
    async with AsyncExitStack() as stack:
        async with running_server("127.0.0.1", 0, tmp_path, QUICK) as address:
            house = House(address, stack)
            _, ann, stream = await house.two_in_a_game()
            deaf = await house.player("Cyd")
            deaf.socket.transport.pause_reading()
        async with serving(tmp_path, patience=QUICK) as house:
            ann = await house.player(token=ann.token)
            assert await kinds_in(ann, stream) == ["game_started"]


@pytest.mark.parametrize("comes_back", [True, False])
async def test_after_a_start_those_who_stay_away_have_vanished(
    tmp_path: Path, *, comes_back: bool
) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        bob, ann, stream = await house.two_in_a_game()
    soon = Patience(grace=LONG, blink=NO_TIME, settling=timedelta(seconds=0.5))
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(serving(tmp_path, patience=soon))
        ann = await house.player(token=ann.token)
        await ann.watch(stream)
        if comes_back:
            again = await house.player(token=bob.token)
            await again.watch(stream)
            await ann.socket.close()
            assert (await until(again, stream, PlayerVanished)).seat == 0
        else:
            assert (await until(ann, stream, PlayerVanished)).seat == 1


async def test_those_who_are_missed_at_once_are_noted_in_the_order_of_their_seats(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        guests = [await house.player(name) for name in ("Ann", "Bob", "Cleo", "Dan")]
        ann, *others, dan = guests
        game = await open_game(ann, OpenGame(SMALL, seats=4))
        for guest in (*others, dan):
            assert isinstance(await guest.order(MAIN_LOBBY, JoinGame(game)), Accepted)
        stream = game_stream(game)
        await started(dan, stream)
    soon = Patience(grace=LONG, blink=NO_TIME, settling=timedelta(seconds=0.5))
    async with serving(tmp_path, patience=soon) as house:
        dan = await house.player(token=dan.token)
        watched = await dan.watch(stream)
        assert isinstance(watched, Happened)
        told = await dan.events(stream, up_to=watched.version + 3, after=watched.version)
    events = [one.event for one in told]
    assert [one.seat for one in events if isinstance(one, PlayerVanished)] == [0, 1, 2]


async def test_a_player_who_was_absent_before_a_start_is_back_after_it(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        bob, ann, stream = await house.two_in_a_game()
        await ann.watch(stream)
        await bob.socket.close()
        await until(ann, stream, PlayerVanished)
    async with serving(tmp_path, patience=QUICK) as house:
        bob = await house.player(token=bob.token)
        await bob.watch(stream)
        await _until_last(bob, stream, "player_returned")


async def _until_last(guest: Guest, stream: StreamName, kind: str) -> None:
    kinds = await kinds_in(guest, stream)
    while kinds[-1] != kind:
        happened = await guest.next(Happened, lambda one: one.stream == stream)
        kinds += [told.event.kind for told in happened.events]


async def test_two_at_one_keyboard_are_one_player(tmp_path: Path) -> None:
    async with serving(tmp_path, patience=QUICK) as house:
        ann, bob = await house.player("Ann"), await house.player("Bob")
        game = await open_game(ann, OpenGame(SMALL, seats=3, neighbours=("Anton",)))
        await bob.order(MAIN_LOBBY, JoinGame(game))
        stream = game_stream(game)
        await started(bob, stream)
        await ann.socket.close()
        assert (await until(bob, stream, PlayerVanished)).seat == 0
        kinds = await kinds_in(bob, stream)
        assert kinds.count("player_vanished") == 2
