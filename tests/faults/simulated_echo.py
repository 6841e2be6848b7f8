"""Somebody who sends what others have sent once more: twice, too late, and out of order."""

import asyncio
from collections import deque
from contextlib import suppress
from random import Random
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from clouds_edges.domain.actors import Player
from clouds_edges.domain.game.commands import Resign
from clouds_edges.protocol.frames import format_frame, parse_server_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    Duplicate,
    GiveOrder,
    Hello,
    Refused,
    Watch,
    Welcome,
)
from tests.faults.journal import Answered, Journal, Order
from tests.faults.simulated_people import Person
from tests.faults.simulated_server import URL

_JUNK: Final = ("", "{}", "[1", '{"kind":"give_order"}', "\u0000", '{"kind":"hello"}{}')
_PAUSE: Final = 0.8
"""Seconds between two volleys, in the mean."""
_MOST_AT_ONCE: Final = 4


class Echo:
    """Comes with the tokens of people, and repeats their orders and those of others."""

    def __init__(self, people: list[Person], journal: Journal, chance: Random) -> None:
        self._people = people
        self._journal = journal
        self._chance = chance

    async def run(self) -> None:
        """Come again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / _PAUSE))
            person = self._chance.choice(self._people)
            if person.me is None:
                continue
            with suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                async with (
                    asyncio.timeout(self._chance.uniform(1.0, 8.0)),
                    connect(
                        URL, compression=None, proxy=None, max_size=None, close_timeout=0.2
                    ) as socket,
                ):
                    await self._repeat(socket, person.token, person.me)

    async def _repeat(self, socket: ClientConnection, token: str, me: Player) -> None:
        await socket.send(format_frame(Hello(protocol=PROTOCOL_VERSION, token=token)))
        if not isinstance(parse_server_frame(await socket.recv()), Welcome):
            return
        asked: deque[tuple[Order, float]] = deque()
        hearing = asyncio.ensure_future(self._hear(socket, asked))
        try:
            while not hearing.done():
                for order in self._volley(me):
                    await self._send(socket, order, asked)
                await asyncio.sleep(self._chance.expovariate(1 / _PAUSE))
        finally:
            hearing.cancel()
            with suppress(ConnectionClosed, asyncio.CancelledError):
                await hearing

    def _volley(self, me: Player) -> list[Order]:
        """Orders of anybody, as those of this player."""
        known = list(self._journal.orders.values())
        if not known:
            return []
        recent = known[-20:]
        chosen = self._chance.choices(recent, k=self._chance.randint(1, _MOST_AT_ONCE))
        return [self._journal.order(me.id, one.id, one.stream, one.commands[0]) for one in chosen]

    async def _send(
        self, socket: ClientConnection, order: Order, asked: deque[tuple[Order, float]]
    ) -> None:
        drawn = self._chance.random()
        if drawn < 0.05:
            await socket.send(self._chance.choice(_JUNK))
        elif drawn < 0.1:
            await socket.send(format_frame(Watch(stream=order.stream, after=2)))
        command = order.commands[0]
        if drawn > 0.95 and command.kind == "draw_line":
            command = Resign()
            self._journal.order(order.by, order.id, order.stream, command)
        order.is_echoed = True
        for _ in range(self._chance.choice((1, 1, 2))):
            asked.append((order, asyncio.get_running_loop().time()))
            await socket.send(
                format_frame(GiveOrder(id=order.id, stream=order.stream, command=command))
            )

    async def _hear(self, socket: ClientConnection, asked: deque[tuple[Order, float]]) -> None:
        """Take the answers, which come in the order of the orders."""
        with suppress(ConnectionClosed):
            while True:
                match parse_server_frame(await socket.recv()):
                    case Accepted() | Duplicate() | Refused() as answer if answer.id is not None:
                        order, at = asked.popleft()
                        if answer.id != order.id:
                            self._journal.surprises.append(
                                f"{answer.id} was answered before {order.id}"
                            )
                        order.answers.append(Answered(at, answer))
                    case _:
                        pass
