"""People of a simulation: they use the real client, and do what chance and the rules let them."""

import asyncio
import base64
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

from clouds_edges.client.connection import Connection, GreetingRefused, Status, StatusChanged
from clouds_edges.client.receipts import Receipts
from clouds_edges.client.streams import HistoryLost
from clouds_edges.domain.actors import Player
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import MAIN_LOBBY, InviteCode, game_stream
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.messages import Happened, LobbyIs
from tests.faults.journal import Answered, Journal, View
from tests.faults.simulated_server import URL
from tests.faults.wishes import Seen, Wish, wish

_PAUSE: Final = 0.5
"""Seconds between two orders of one person, in the mean."""
_STAY: Final = 15.0
"""Seconds for which a program runs before somebody starts it anew, in the mean."""
_HASTY: Final = 0.15
"""How often somebody gives two orders at once."""
_BORED: Final = 0.1
"""How often somebody who watches a game that is over looks away."""


@dataclass(slots=True)
class Person:
    """Somebody with a token, who starts a program again whenever it has ended."""

    name: str
    chance: Random
    journal: Journal
    invites: list[InviteCode]
    """Codes that people have told each other."""
    me: Player | None = None
    is_done: bool = False
    """Whether no more orders are given; what happens is still watched."""
    token: str = field(init=False)
    _receipts: Receipts = field(default_factory=Receipts)
    _orders: int = 0
    _stay: asyncio.Timeout | None = None

    def __post_init__(self) -> None:
        secret = base64.urlsafe_b64encode(self.chance.randbytes(32)).decode().rstrip("=")
        self.token = f"ce1_{secret}"

    async def live(self) -> None:
        """Run one program after the other until cancelled."""
        while True:
            program = Program(self, self._receipts)
            stay = None if self.is_done else self.chance.expovariate(1 / _STAY)
            with suppress(TimeoutError):
                async with asyncio.timeout(stay) as self._stay:
                    await program.run()
            await asyncio.sleep(self.chance.uniform(0.0, 2.0))

    def rest(self) -> None:
        """Give no more orders, and let the program run that runs."""
        self.is_done = True
        if self._stay is not None and not self._stay.expired():
            with suppress(RuntimeError):  # it has just ended
                self._stay.reschedule(None)

    def new_id(self) -> CommandId:
        self._orders += 1
        return CommandId(f"{self.name}-{self._orders}")


class Program:
    """One run of the client: it watches the lobby and games, and gives orders."""

    def __init__(self, person: Person, receipts: Receipts) -> None:
        self._person = person
        self._chance = person.chance
        self._journal = person.journal
        self._next_id = CommandId("")
        self._connection = Connection(
            URL, person.token, person.name, new_id=lambda: self._next_id, receipts=receipts
        )
        self._greeted: asyncio.Future[Player] = asyncio.get_running_loop().create_future()
        self._views: dict[StreamName, View] = {}
        self._lobby = Lobby()
        self._games: dict[StreamName, Game | None] = {}

    async def run(self) -> None:
        """Do all of it until cancelled, or until the server does not let us in."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._connection.run())
                tasks.create_task(self._listen())
                tasks.create_task(self._play())
        except* GreetingRefused:
            pass  # by a server that is frozen or in trouble: another time
        finally:
            for view in self._views.values():
                view.is_current = False

    async def _listen(self) -> None:
        async for update in self._connection.updates():
            match update:
                case Happened() | LobbyIs():
                    if update.stream in self._views:
                        self._views[update.stream].add(update)
                        self._follow(update)
                case StatusChanged(Status.ONLINE):
                    self._know_myself()
                case HistoryLost():
                    self._journal.surprises.append(f"I1: {self._person.name} was told {update}")
                case _:
                    pass

    def _know_myself(self) -> None:
        me = self._person.me = self._connection.player
        if me is not None and not self._greeted.done():
            self._greeted.set_result(me)

    def _follow(self, news: Happened | LobbyIs) -> None:
        if isinstance(news, LobbyIs):
            self._lobby = news.lobby
            return
        for told in news.events:
            if isinstance(told.event, game_events.Event):
                game = GAME_DECIDER.evolve(self._games.get(news.stream), told.event)
                self._games[news.stream] = game
            elif isinstance(told.event, lobby_events.Event):
                self._lobby = LOBBY_DECIDER.evolve(self._lobby, told.event)

    async def _play(self) -> None:
        me = await self._greeted
        self._watch(MAIN_LOBBY, me)
        while True:
            await asyncio.sleep(self._chance.expovariate(1 / _PAUSE))
            self._look_around(me)
            if self._person.is_done:
                continue
            async with asyncio.TaskGroup() as tasks:
                for _ in range(2 if self._chance.random() < _HASTY else 1):
                    wanted = wish(
                        self._chance, Seen(me, self._lobby, self._games, self._person.invites)
                    )
                    if wanted is not None:
                        tasks.create_task(self._give(wanted, me))

    async def _give(self, wanted: Wish, me: Player) -> None:
        stream, command = wanted
        self._next_id = self._person.new_id()
        order = self._journal.order(me.id, self._next_id, stream, command)
        asked = asyncio.get_running_loop().time()
        order.is_awaited = True
        try:
            answer = await self._connection.order(stream, command)
            order.answers.append(Answered(asked, answer))
        finally:
            order.is_awaited = False

    def _look_around(self, me: Player) -> None:
        """Watch the games one plays, and now and then those of others."""
        for table in self._lobby.tables.values():
            if table.invite is not None and table.invite not in self._person.invites:
                self._person.invites.append(table.invite)
            stream = game_stream(table.game)
            is_of_interest = table.seats_player(me.id) or (
                not table.private and self._chance.random() < _BORED
            )
            if table.is_playing and is_of_interest and stream not in self._views:
                self._watch(stream, me)
        for stream, game in tuple(self._games.items()):
            is_over = game is not None and game.outcome is not None
            if is_over and stream in self._views and self._chance.random() < _BORED:
                self._connection.unwatch(stream)
                self._views.pop(stream).is_current = False
                del self._games[stream]

    def _watch(self, stream: StreamName, me: Player) -> None:
        view = self._views[stream] = View(me.id, stream)
        self._journal.views.append(view)
        self._connection.watch(stream)
