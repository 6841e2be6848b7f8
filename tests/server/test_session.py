"""A session by itself, with frames in memory."""

import asyncio
from itertools import count
from pathlib import Path
from typing import cast

from clouds_edges.application.patience import USUAL_PATIENCE
from clouds_edges.application.projections.standings import Standing
from clouds_edges.application.system import System
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.protocol.frames import format_frame, parse_server_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    AskRecord,
    ClientMessage,
    GiveOrder,
    Hello,
)
from clouds_edges.server.admin.administration import Administration
from clouds_edges.server.counted_connection import CountedConnection
from clouds_edges.server.device_codes import DeviceCodes
from clouds_edges.server.doors import USUAL_LIMITS, Doors
from clouds_edges.server.hub import Hub
from clouds_edges.server.presence import Presence
from clouds_edges.server.session import Session
from clouds_edges.server.surroundings import Surroundings
from clouds_edges.server.tokens import Tokens
from tests.client.world import PATIENCE, Pipe
from tests.scenario import NOON
from tests.server.guests import SMALL, new_token


class _SlowSystem(System):
    """Knows how somebody has done when it is let to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(MemoryStore(CODEC), folder, lambda: NOON)
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def standing(self, player: PlayerId) -> Standing:
        del player
        self.asked.set()
        await self.go_on.wait()
        return Standing(played=3)


async def test_an_order_does_not_wait_for_a_record_that_is_asked_for(tmp_path: Path) -> None:
    system, tokens, pipe = _SlowSystem(tmp_path), Tokens(tmp_path / "tokens.db"), Pipe()
    numbers = count(1)

    def new_seed() -> int:
        return next(numbers) << 64

    around = Surroundings(
        system,
        Hub(system.feed),
        tokens,
        DeviceCodes(lambda: NOON, new_seed),
        Doors(USUAL_LIMITS, lambda: 0.0),
        cast("Administration", None),  # nobody operates
        Presence(system, lambda: NOON, new_seed, USUAL_PATIENCE),
        lambda: NOON,
        new_seed,
    )
    socket = cast("CountedConnection", pipe)  # of which it has all that a session uses
    session = asyncio.ensure_future(Session(socket, around).run())

    def say(message: ClientMessage) -> None:
        pipe.asked.put_nowait(format_frame(message))

    async def heard() -> str:
        while not pipe.said:
            pipe.news.clear()
            await pipe.news.wait()
        return parse_server_frame(pipe.said.popleft()).kind

    async with asyncio.timeout(PATIENCE):
        say(Hello(protocol=PROTOCOL_VERSION, token=new_token(), name="Ann"))
        assert await heard() == "welcome"
        say(AskRecord())
        await system.asked.wait()
        say(GiveOrder(id=CommandId("1"), stream=MAIN_LOBBY, command=OpenGame(SMALL)))
        assert await heard() == "accepted"
        system.go_on.set()
        assert await heard() == "record_is"
        pipe.asked.put_nowait(None)
        await session
    tokens.close()
    system.close()
