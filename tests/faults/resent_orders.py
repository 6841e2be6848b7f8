"""Orders whose answers are lost, and which are therefore given again (F8)."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from clouds_edges.domain.ids import MAIN_LOBBY, PlayerId, game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.messages import (
    Accepted,
    Command,
    Duplicate,
    GiveOrder,
    Happened,
    Refused,
)
from clouds_edges.rules import Board
from clouds_edges.server.serve import Address
from tests.faults.bystanders import log_kept
from tests.faults.proxy import proxy_to
from tests.server.guests import PATIENCE, SMALL, House, draw, open_game, serving, started

Answer: TypeAlias = Accepted | Duplicate | Refused
AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ResentOrders:
    """What came of orders that were given again, 8 times at once, and after a restart too."""

    orders: int
    resent: int
    answers: Mapping[str, int]
    """What was answered to repeats: that they are duplicates."""
    unlike: int
    """Orders of which not all repeats had the same answer."""
    doubled: int
    """Orders that had more than one effect."""
    conflicts: int
    """Other orders under the ids of these that were refused as such: all."""
    errors: tuple[str, ...]


@dataclass(slots=True)
class _Player:
    """A player whose orders were not answered, and the game that one of them was for."""

    id: PlayerId
    token: str
    game: StreamName
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))

    def orders(self) -> dict[str, tuple[StreamName, Command]]:
        """What was ordered, by id."""
        return {"draw": (self.game, draw("a1h")), "open": (MAIN_LOBBY, OpenGame(SMALL))}

    def other_orders(self) -> dict[str, tuple[StreamName, Command]]:
        """What could be ordered by mistake under the same ids."""
        return {"draw": (self.game, draw("a2h")), "open": (MAIN_LOBBY, OpenGame(Board(3, 3)))}


async def resend_orders(players: int, folder: Path) -> ResentOrders:
    """Let players draw a line and open a game, never hear of it, and try again and again."""
    with log_kept() as errors:
        async with serving(folder) as house:
            given = [await _unanswered(house, f"Player {number}") for number in range(players)]
            for one in given:
                await _give_again(house, one)
        async with serving(folder) as house:
            for one in given:
                await _give_again(house, one)
            conflicts = [await _conflicts(house, one) for one in given]
            doubled = [await _doubled(house, one) for one in given]
    answers = [told for one in given for told in one.answers.values()]
    return ResentOrders(
        orders=len(answers),
        resent=sum(map(len, answers)),
        answers=dict(Counter(answer.kind for told in answers for answer in told)),
        unlike=sum(any(answer != told[0] for answer in told) for told in answers),
        doubled=sum(doubled),
        conflicts=sum(conflicts),
        errors=tuple(errors),
    )


async def _unanswered(house: House, name: str) -> _Player:
    """Somebody whose orders take effect, and who hears nothing of it."""
    player = await house.player(name)
    game = await open_game(player, OpenGame(SMALL, neighbours=("Somebody",)))
    await started(player, game_stream(game))
    me = (await player.lobby()).lobby.tables[game].opener.id
    given = _Player(me, player.token, game_stream(game))
    async with proxy_to(house.address.port) as proxy:
        deaf = await House(Address("127.0.0.1", proxy.port), house.stack).player(token=player.token)
        proxy.to_client.is_silent = True
        for order_id, (stream, command) in given.orders().items():
            await deaf.say(GiveOrder(id=CommandId(order_id), stream=stream, command=command))
        async with asyncio.timeout(PATIENCE):
            while len((await player.lobby()).lobby.tables_of(me)) < 2:
                pass
    return given


async def _give_again(house: House, given: _Player) -> None:
    """Give each order over several connections at once."""
    devices = [await house.player(token=given.token) for _ in range(AT_ONCE)]
    for order_id, (stream, command) in given.orders().items():
        orders = (one.order(stream, command, order_id) for one in devices)
        given.answers[order_id] += await asyncio.gather(*orders)
    for one in devices:
        await one.socket.close()


async def _conflicts(house: House, given: _Player) -> int:
    """How many other orders under the same ids are refused as such."""
    player = await house.player(token=given.token)
    answers = [
        await player.order(stream, command, order_id)
        for order_id, (stream, command) in given.other_orders().items()
    ]
    return sum(isinstance(one, Refused) and one.code == "command_reused" for one in answers)


async def _doubled(house: House, given: _Player) -> int:
    """How many of the orders had more effects than one."""
    player = await house.player(token=given.token)
    happened = await player.watch(given.game)
    assert isinstance(happened, Happened)
    tables = (await player.lobby()).lobby.tables_of(given.id)
    return int(happened.version > 2) + int(len(tables) > 2)
