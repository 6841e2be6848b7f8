"""What one client watches, and whether what it was told before is still so."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from clouds_edges.application.watching import may_watch_stream
from clouds_edges.domain.game.refusals import NoSuchGame
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, category_of, game_in
from clouds_edges.domain.lobby.refusals import InviteNeeded
from clouds_edges.domain.visibility import lobby_as_seen_by
from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.eventsourcing.errors import EventSourcingError, StoreUnavailable
from clouds_edges.protocol.frames import format_frame
from clouds_edges.protocol.messages import (
    LARGEST_VERSION,
    ForgottenAre,
    Happened,
    HistoryDiffers,
    LobbyIs,
    Receipt,
)
from clouds_edges.server.answers import refusal
from clouds_edges.server.hub import Hub, Watcher, happened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from clouds_edges.application.system import System
    from clouds_edges.domain.actors import Seat
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.protocol.messages import CheckReceipts, ServerMessage, Watch
    from clouds_edges.server.outbox import Outbox

MOST_WATCHED: Final = 64
_RETRY: Final = 1.0
"""Seconds after which a wish that met with trouble is looked at again."""
_LOG: Final = logging.getLogger(__name__)


class WatchesTooMuch(Refused):
    """A connection watches as many streams as it may."""

    code = "watches_too_much"


class UnknownStream(Refused):
    """There is nothing to watch under this name."""

    code = "unknown_stream"


class Watches:
    """The streams that one client is told of, through one outbox.

    A wish that cannot be granted because the log cannot be read is put off, and granted by `run`:
    the client goes on without asking again.
    """

    def __init__(
        self,
        me: PlayerId,
        system: System,
        hub: Hub,
        outbox: Outbox,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._me = me
        self._system = system
        self._hub = hub
        self._outbox = outbox
        self._pause = pause
        self._watchers: dict[StreamName, Watcher] = {}
        self._put_off: dict[StreamName, Watch] = {}
        self._has_put_off = asyncio.Event()
        self._granting = asyncio.Lock()

    async def run(self) -> None:
        """Grant what was put off, once that is possible, until cancelled."""
        while True:
            await self._has_put_off.wait()
            self._has_put_off.clear()
            await self._pause(_RETRY)
            for stream in tuple(self._put_off):
                async with self._granting:
                    wish = self._put_off.get(stream)  # it may be taken back by now
                    if wish is not None:
                        await self._grant(wish)

    async def watch(self, wish: Watch) -> None:
        """Tell what has happened in a stream, and from now on what happens."""
        async with self._granting:
            self._drop(wish.stream)
            await self._grant(wish)

    async def _grant(self, wish: Watch) -> None:
        stream = wish.stream
        was_put_off = self._put_off.pop(stream, None) is not None
        try:
            if len(self._watchers) + len(self._put_off) >= MOST_WATCHED:
                message = f"one connection watches {MOST_WATCHED} streams at most"
                raise WatchesTooMuch(message)
            if stream == MAIN_LOBBY:
                await self._watch_lobby(stream)
            elif category_of(stream) == "game":
                await self._watch_game(wish)
            else:
                message = f"there is nothing to watch under {stream}"
                raise UnknownStream(message)
        except Refused as refused:
            self._put(refusal(refused))
        except EventSourcingError as trouble:
            self._drop(stream)
            if isinstance(trouble, StoreUnavailable):
                self._put_off[stream] = wish
                self._has_put_off.set()
            if not was_put_off:  # once is enough, however long it lasts
                _LOG.warning("watching %r failed: %s", stream, trouble)
                self._put(refusal(trouble))

    async def unwatch(self, stream: StreamName) -> None:
        """Tell no more of a stream."""
        async with self._granting:
            self._drop(stream)

    def close(self) -> None:
        """Tell no more of anything."""
        for stream in tuple(self._watchers):
            self._drop(stream)

    async def check(self, wish: CheckReceipts) -> None:
        """Say which receipts are not, or not any more, of what is recorded here.

        A game that the client may not see is passed over: whether a receipt of it is right is
        not for them to try out.
        """
        trouble: EventSourcingError | None = None
        for receipt in wish.receipts:
            try:
                await self._check(receipt)
            except EventSourcingError as error:
                _LOG.warning("the receipt of %r cannot be checked: %s", receipt.stream, error)
                trouble = error
        if trouble is not None:
            self._put(refusal(trouble))

    async def _check(self, receipt: Receipt) -> None:
        differs = await self._difference(receipt)
        if differs is None:
            return
        if not differs.version or await may_watch_stream(self._system, self._me, receipt.stream):
            self._put(differs)

    async def _watch_lobby(self, stream: StreamName) -> None:
        """Show the lobby whole, then tell what happens; and say so if no more can happen."""
        watcher = self._begun_watching(stream)
        lobby = await self._system.lobbies.load_sound(stream)
        seen = lobby_as_seen_by(self._me, lobby.state)
        await self._tell_forgotten(seat for table in seen.tables.values() for seat in table.taken)
        self._put(LobbyIs(stream=stream, version=lobby.version, lobby=seen))
        watcher.begin(lobby.version)
        damage = self._system.store.quarantined.get(stream)
        if damage is not None:
            self._put(refusal(damage))

    async def _watch_game(self, wish: Watch) -> None:
        """Tell what happened since, then what happens; no version is behind the end."""
        stream = wish.stream
        if not await may_watch_stream(self._system, self._me, stream):
            message = f"game {game_in(stream)} is private"
            raise InviteNeeded(message)
        if wish.after and wish.head is not None:
            version = min(wish.after, LARGEST_VERSION)
            differs = await self._difference(
                Receipt(stream=stream, version=version, head=wish.head)
            )
            if differs is not None:
                self._put(differs)
                return
        await self._check_exists(stream)
        loaded = await self._system.games.load(stream)
        await self._tell_forgotten(() if loaded.state is None else loaded.state.seats)
        after = min(wish.after, loaded.version)
        watcher = self._begun_watching(stream)
        missed = await self._system.store.read_stream(stream, after)
        if missed:
            self._put(happened(missed, self._me))
        else:
            head = loaded.head.hex() if after else None
            self._put(Happened(stream=stream, version=after, events=(), head=head))
        watcher.begin(after + len(missed))

    async def _tell_forgotten(self, seats: Iterable[Seat]) -> None:
        """Who sits here may have been forgotten since the client was told of them."""
        forgotten = (await self._system.players.load_sound(PLAYERS)).state.forgotten
        gone = {seat.player.id for seat in seats if seat.player.id in forgotten}
        if gone:
            self._put(ForgottenAre(players=tuple(sorted(gone))))

    async def _check_exists(self, stream: StreamName) -> None:
        game = (await self._system.games.load(stream)).state
        tables = (await self._system.lobbies.load_sound(MAIN_LOBBY)).state.tables
        if game is None and game_in(stream) not in tables:
            message = f"there is no game {game_in(stream)}"
            raise NoSuchGame(message)

    async def _difference(self, receipt: Receipt) -> HistoryDiffers | None:
        """What there is to say of a receipt; None when it is as it was."""
        stream = receipt.stream
        found = await self._system.head_at(stream, receipt.version)
        if found is not None and found.hex() == receipt.head:
            return None
        now = await self._system.version(stream) or 0
        what = "less than before" if found is None else "something else than before"
        sentence = f"this server has {what} of {stream}, which is at version {now}"
        return HistoryDiffers(receipt=receipt, version=now, sentence=sentence)

    def _drop(self, stream: StreamName) -> None:
        self._put_off.pop(stream, None)
        watcher = self._watchers.pop(stream, None)
        if watcher is not None:
            self._hub.remove(stream, watcher)

    def _begun_watching(self, stream: StreamName) -> Watcher:
        watcher = Watcher(self._me, self._outbox)
        self._watchers[stream] = watcher
        self._hub.add(stream, watcher)
        return watcher

    def _put(self, message: ServerMessage) -> None:
        self._outbox.put(format_frame(message))
