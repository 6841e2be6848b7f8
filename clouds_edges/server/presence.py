"""Who is connected, and who may not be; and in the games of who is not, that they have vanished."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import PRESENCE
from clouds_edges.domain.game.commands import NoteAbsence, NoteReturn
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, game_stream
from clouds_edges.domain.players.events import PlayerForgotten
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused
from clouds_edges.eventsourcing.errors import EventSourcingError, WritesStopped
from clouds_edges.eventsourcing.process_runner import rest_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from clouds_edges.application.patience import Patience
    from clouds_edges.application.system import System
    from clouds_edges.domain.ids import GameId, PlayerId
    from clouds_edges.domain.lobby.state import Table

_LOG: Final = logging.getLogger(__name__)
_SECONDS: Final = 1.0
"""How often is looked for players who are missing; those who come back are noted at once."""


class Presence:
    """Knows the connections of each player, and notes in live games who is gone and who is back.

    Whoever is forgotten has to go.
    It goes by what is, not by what has changed: a note that fails, or a game that begins without
    somebody, is seen when it looks the next time.
    """

    def __init__(
        self,
        system: System,
        now: Callable[[], datetime],
        new_seed: Callable[[], int],
        patience: Patience,
    ) -> None:
        self._system = system
        self._now = now
        self._new_seed = new_seed
        self._patience = patience
        self._began = now()
        self._connections: dict[PlayerId, list[asyncio.Event]] = {}
        self._lost: dict[PlayerId, datetime] = {}
        self._back: set[PlayerId] = set()
        self._noted: set[tuple[GameId, PlayerId]] = set()
        self._wake = asyncio.Event()
        system.feed.listen(self._wake, (PlayerForgotten,))

    @property
    def players(self) -> int:
        """Different players who are connected."""
        return len(self._connections)

    @contextmanager
    def here(self, player: PlayerId) -> Iterator[asyncio.Event]:
        """Somebody has one more connection, for as long as the context lasts.

        The event is set when the connection has to end, because the player was forgotten.
        """
        forgotten = asyncio.Event()
        self._connections.setdefault(player, []).append(forgotten)
        self._lost.pop(player, None)
        self._back.add(player)
        self._wake.set()
        try:
            yield forgotten
        finally:
            self._connections[player].remove(forgotten)
            if not self._connections[player]:
                del self._connections[player]
                self._lost[player] = self._now()

    async def run(self) -> None:
        """Note who is gone and who is back, until cancelled."""
        while True:
            await rest_until(self._wake, _SECONDS)
            self._wake.clear()
            try:
                await self._send_forgotten_away()
                await self._note()
            except WritesStopped:
                pass  # what is so then, is noted when the server goes on
            except EventSourcingError as trouble:
                _LOG.warning("who is here is noted later: %s", trouble)

    async def _send_forgotten_away(self) -> None:
        """They count as lost once their connections have ended."""
        forgotten = (await self._system.players.load_sound(PLAYERS)).state.forgotten
        for player, connections in self._connections.items():
            if player in forgotten:
                for one in connections:
                    one.set()

    async def _note(self) -> None:
        lobby = (await self._system.lobbies.load_sound(MAIN_LOBBY)).state
        closed = self._system.store.quarantined
        playing = [
            table
            for table in lobby.tables.values()
            if table.is_playing and game_stream(table.game) not in closed
        ]
        await self._note_returns(playing)
        await self._note_absences(playing)

    async def _note_returns(self, tables: list[Table]) -> None:
        back = frozenset(self._back)
        for table in tables:
            for player in _people(table):
                if player in back:
                    await self._give(table.game, NoteReturn(player))
        self._noted = {(game, player) for game, player in self._noted if player not in back}
        self._back -= back

    async def _note_absences(self, tables: list[Table]) -> None:
        now = self._now()
        known = self._noted & {(table.game, who) for table in tables for who in _people(table)}
        for table in tables:
            for player in _people(table):
                is_news = (table.game, player) not in known
                if is_news and self._is_lost(player, now):
                    note = NoteAbsence(player, self._patience.grace)
                    if await self._give(table.game, note):
                        known.add((table.game, player))
        self._noted = known
        self._forget_long_lost(now)

    def _is_lost(self, player: PlayerId, now: datetime) -> bool:
        """Whether somebody is gone for longer than a blink, or has not come since the start."""
        if player in self._connections:
            return False
        since = self._lost.get(player)
        if since is None:
            return now - self._began >= self._patience.settling
        return now - since >= self._patience.blink

    def _forget_long_lost(self, now: datetime) -> None:
        """They are like those who have not come since the start."""
        longest = max(self._patience.blink, self._patience.settling)
        self._lost = {who: since for who, since in self._lost.items() if now - since < longest}

    async def _give(self, game: GameId, command: NoteAbsence | NoteReturn) -> bool:
        """Note something in a game; whether it took it, and not only because it is over."""
        issued = Issued(command, PRESENCE, self._now(), CommandId(f"{self._new_seed():x}"))
        try:
            await self._system.give(game_stream(game), issued)
        except Refused as refusal:  # it has not begun yet, or is over
            _LOG.info("not noted in %s: %s", game, refusal)
            return False
        return True


def _people(table: Table) -> tuple[PlayerId, ...]:
    """Whoever has seats, each once, in the order of the seats."""
    return tuple(dict.fromkeys(seat.player.id for seat in table.taken if seat.bot is None))
