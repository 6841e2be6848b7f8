"""The hub by itself, on a log that cannot always be read."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

from websockets.asyncio.server import ServerConnection

from clouds_edges.application.vocabulary import CODEC, AnyEvent
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint, Recorded
from clouds_edges.protocol.frames import parse_server_frame
from clouds_edges.protocol.messages import Happened
from clouds_edges.server.hub import Hub, Watcher
from clouds_edges.server.outbox import Outbox
from tests.application.playing import SMALL, resting_house
from tests.client.world import PATIENCE, Pipe


class _Unreadable(MemoryStore[AnyEvent]):
    """Cannot be read every other time."""

    def __init__(self) -> None:
        super().__init__(CODEC)
        self._reads = 0

    async def read_log(self, after: Checkpoint, limit: int) -> Sequence[Recorded[AnyEvent]]:
        self._reads += 1
        if self._reads % 2:
            message = "the disk has gone"
            raise StoreUnavailable(message)
        return await super().read_log(after, limit)


async def test_while_the_log_cannot_be_read_nobody_is_told_and_then_everything_once(
    tmp_path: Path,
) -> None:
    store, pipe = _Unreadable(), Pipe()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    async with resting_house(store, tmp_path) as here:
        store.subscribe(lambda _: here.system.feed.drop())  # so that it is read from the log
        ann = await here.sign_up("Ann")
        outbox = Outbox(cast("ServerConnection", pipe))  # it has what an outbox uses
        watcher = Watcher(ann.id, outbox)
        hub = Hub(here.system.feed, pause=pause)
        hub.add(MAIN_LOBBY, watcher)
        watcher.begin(0)
        running = [asyncio.ensure_future(one) for one in (hub.run(BEGINNING), outbox.send_queued())]
        versions: list[int] = []
        try:
            for opened in range(1, 4):
                await here.open(OpenGame(SMALL), ann)
                async with asyncio.timeout(PATIENCE):
                    while len(versions) < opened:
                        await pipe.news.wait()
                        pipe.news.clear()
                        while pipe.said:
                            told = parse_server_frame(pipe.said.popleft())
                            assert isinstance(told, Happened)
                            versions += [one.version for one in told.events]
        finally:
            for task in running:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
    assert versions == [1, 2, 3]
    assert pauses
