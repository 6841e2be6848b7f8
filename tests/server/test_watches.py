"""What one client watches, by itself, on a log that cannot always be read."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

from websockets.asyncio.server import ServerConnection

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.actors import START_GAME, Player, Seat
from clouds_edges.domain.game.commands import DrawLine, StartGame
from clouds_edges.domain.ids import GameId, game_stream
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import BEGINNING, Recorded
from clouds_edges.protocol.frames import parse_server_frame
from clouds_edges.protocol.messages import Happened, Refused, ServerMessage, Watch
from clouds_edges.rules import parse_line
from clouds_edges.server.hub import Hub
from clouds_edges.server.outbox import Outbox
from clouds_edges.server.watches import MOST_WATCHED, Watches
from tests.application.playing import SMALL, House, resting_house
from tests.client.world import PATIENCE, Pipe

GAME = game_stream(GameId("g1"))


class _Unreadable(MemoryStore[AnyEvent]):
    """Streams cannot be read while `is_in_trouble`."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self.is_in_trouble = False

    async def read_stream(self, stream: StreamName, after: int = 0) -> Sequence[Recorded[AnyEvent]]:
        if self.is_in_trouble:
            message = "the disk has gone"
            raise StoreUnavailable(message)
        return await super().read_stream(stream, after)


class _Client:
    """Somebody who watches; a wish that was put off is looked at after `look_again`."""

    def __init__(self, here: House, me: Player) -> None:
        self._pausing, self._again, self._went_on = (asyncio.Event() for _ in range(3))
        self._pipe = Pipe()
        self._outbox = Outbox(cast("ServerConnection", self._pipe))  # it has what an outbox uses
        self._hub = Hub(here.system.feed)
        self.watches = Watches(me.id, here.system, self._hub, self._outbox, pause=self._pause)

    @asynccontextmanager
    async def served(self) -> AsyncIterator["_Client"]:
        jobs = (self._hub.run(BEGINNING), self._outbox.send_queued(), self.watches.run())
        running = [asyncio.ensure_future(one) for one in jobs]
        try:
            yield self
        finally:
            for task in running:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def next(self) -> ServerMessage:
        async with asyncio.timeout(PATIENCE):
            while not self._pipe.said:
                await self._pipe.news.wait()
                self._pipe.news.clear()
        return parse_server_frame(self._pipe.said.popleft())

    async def put_off(self) -> None:
        """Wait until a wish was put off, once more if there was one before."""
        async with asyncio.timeout(PATIENCE):
            await self._pausing.wait()

    async def look_again(self) -> None:
        """Let the pause be over; and let whatever comes of that have begun."""
        await self.put_off()
        self._again.set()
        async with asyncio.timeout(PATIENCE):
            await self._went_on.wait()
        self._went_on.clear()

    async def _pause(self, _: float) -> None:
        self._pausing.set()
        await self._again.wait()
        self._pausing.clear()
        self._again.clear()
        self._went_on.set()


async def _begun(here: House) -> tuple[Player, Player]:
    ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
    await here.give(
        GAME, StartGame(SMALL, private=False, seats=(Seat(ann), Seat(bob)), first=0), START_GAME
    )
    return ann, bob


async def test_a_wish_to_watch_that_meets_with_trouble_is_granted_when_that_has_passed(
    tmp_path: Path,
) -> None:
    store = _Unreadable()
    async with resting_house(store, tmp_path) as here:
        ann, bob = await _begun(here)
        async with _Client(here, bob).served() as client:
            store.is_in_trouble = True
            await client.watches.watch(Watch(stream=GAME))
            refused = await client.next()
            assert isinstance(refused, Refused)
            assert (refused.id, refused.code) == (None, "store_unavailable")
            await client.look_again()
            await client.put_off()  # it was in vain, and is not told once more
            store.is_in_trouble = False
            await client.look_again()

            happened = await client.next()

            assert isinstance(happened, Happened)
            assert (happened.stream, happened.version) == (GAME, 1)
            await here.give(GAME, DrawLine(parse_line("a1h")), ann)
            news = await client.next()
            assert isinstance(news, Happened)
            assert [told.version for told in news.events] == [2]


async def test_a_wish_that_was_put_off_is_dropped_when_it_is_taken_back(tmp_path: Path) -> None:
    store = _Unreadable()
    async with resting_house(store, tmp_path) as here:
        _, bob = await _begun(here)
        async with _Client(here, bob).served() as client:
            store.is_in_trouble = True
            await client.watches.watch(Watch(stream=GAME))
            await client.next()
            await client.watches.unwatch(GAME)
            store.is_in_trouble = False
            await client.look_again()

            await client.watches.watch(Watch(stream=StreamName("nothing")))

            refused = await client.next()  # and nothing of the game before it
            assert isinstance(refused, Refused)
            assert refused.code == "unknown_stream"


async def test_no_more_wishes_are_put_off_than_streams_may_be_watched(tmp_path: Path) -> None:
    store = _Unreadable()
    async with resting_house(store, tmp_path) as here:
        bob = await here.sign_up("Bob")
        async with _Client(here, bob).served() as client:
            store.is_in_trouble = True
            codes = []
            for number in range(MOST_WATCHED + 1):
                await client.watches.watch(Watch(stream=game_stream(GameId(f"g{number}"))))
                refused = await client.next()
                assert isinstance(refused, Refused)
                codes.append(refused.code)

    assert codes == [*["store_unavailable"] * MOST_WATCHED, "watches_too_much"]
