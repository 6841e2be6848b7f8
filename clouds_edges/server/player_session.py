"""The connection of a player: orders and wishes to watch, until either side hangs up."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed

from clouds_edges.application.watching import may_watch_stream
from clouds_edges.domain.actors import Guest
from clouds_edges.domain.refusals import Forgotten
from clouds_edges.eventsourcing.decider import Issued, Refused
from clouds_edges.eventsourcing.errors import EventSourcingError
from clouds_edges.protocol.frames import format_frame, parse_client_frame
from clouds_edges.protocol.messages import (
    Accepted,
    AskDeviceCode,
    AskDevices,
    AskRecord,
    CheckReceipts,
    CloseCode,
    Duplicate,
    GiveOrder,
    Hello,
    RecordIs,
    RevokeDevice,
    Unwatch,
    Watch,
)
from clouds_edges.protocol.messages import Refused as RefusedMessage
from clouds_edges.server.answers import refusal
from clouds_edges.server.incoming import Goodbye, Incoming
from clouds_edges.server.outbox import Outbox, TooSlow
from clouds_edges.server.own_devices import OwnDevices
from clouds_edges.server.watches import Watches

if TYPE_CHECKING:
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.protocol.messages import ServerMessage
    from clouds_edges.server.counted_connection import CountedConnection
    from clouds_edges.server.surroundings import Surroundings

_LOG: Final = logging.getLogger(__name__)


class PlayerSession:
    """Serves one player, who has greeted with this token."""

    def __init__(
        self,
        me: PlayerId,
        token: str,
        socket: CountedConnection,
        incoming: Incoming,
        surroundings: Surroundings,
    ) -> None:
        self._me = me
        self._token = token
        self._incoming = incoming
        self._around = surroundings
        self._outbox = Outbox(socket)
        self._wants_record = asyncio.Event()

    async def run(self) -> None:
        """Serve the player until they go, or have to.

        Raises:
            ConnectionClosed: They are gone.
            Goodbye: They have to go.
        """
        watches = Watches(self._me, self._around.system, self._around.hub, self._outbox)
        try:
            with (
                self._around.presence.here(self._me) as forgotten,
                self._around.hub.telling(self._outbox),
            ):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._outbox.send_queued())
                    tasks.create_task(self._outbox.watch_size())
                    tasks.create_task(watches.run())
                    tasks.create_task(self._read(watches))
                    tasks.create_task(self._tell_record())
                    tasks.create_task(self._go_once(forgotten))
        except* (ConnectionClosed, Goodbye, TooSlow) as ends:  # several may come at once
            first = ends.exceptions[0]
            if isinstance(first, TooSlow):
                reason = "too slow: come back for what you missed"
                raise Goodbye(CloseCode.TOO_SLOW, reason) from None
            raise first from None
        finally:
            watches.close()

    async def _go_once(self, forgotten: asyncio.Event) -> None:
        """Wait for the player to be forgotten, and say so.

        Raises:
            Goodbye: The player was.
        """
        await forgotten.wait()
        try:
            await self._around.system.check_not_forgotten(self._me)
        except Forgotten as refused:
            raise Goodbye(CloseCode.FORGOTTEN, refused.sentence) from None

    async def _read(self, watches: Watches) -> None:
        devices = OwnDevices(self._me, self._token, self._around.tokens, self._around.codes)
        while True:
            message = await self._incoming.next(parse_client_frame)
            match message:
                case Hello():
                    raise Goodbye(CloseCode.NO_GREETING, "one hello is enough")
                case GiveOrder():
                    self._put(await self._answer(message))
                case Watch():
                    await watches.watch(message)
                case Unwatch(stream=stream):
                    await watches.unwatch(stream)
                case CheckReceipts():
                    await watches.check(message)
                case AskRecord():
                    self._wants_record.set()
                case AskDevices() | AskDeviceCode() | RevokeDevice():
                    self._put(await devices.answer(message))

    async def _tell_record(self) -> None:
        """Answer whoever asks for the record, until cancelled; beside orders, for it may take long.

        What is asked before an answer was begun has that one answer.
        """
        while True:
            await self._wants_record.wait()
            self._wants_record.clear()
            self._put(await self._record())

    async def _record(self) -> RecordIs | RefusedMessage:
        try:
            standing = await self._around.system.standing(self._me)
        except EventSourcingError as trouble:
            return refusal(trouble)
        return RecordIs(
            played=standing.played,
            won=standing.won,
            drawn=standing.drawn,
            lost=standing.lost,
            boxes=standing.boxes,
        )

    async def _answer(self, order: GiveOrder) -> Accepted | Duplicate | RefusedMessage:
        system, now, seed = self._around.system, self._around.now(), self._around.new_seed()
        try:
            by = await system.player(self._me) or Guest(self._me)
            try:
                issued = Issued(order.command, by, now, order.id, seed)
                handled = await system.give(order.stream, issued)
            except Refused as refused:
                return refusal(refused, order.id, await self._version(order.stream))
        except EventSourcingError as trouble:
            _LOG.warning("order %r to %r failed: %s", order.id, order.stream, trouble)
            return refusal(trouble, order.id)
        outcome = handled.outcome
        answer = Duplicate if handled.is_duplicate else Accepted
        return answer(
            id=order.id,
            stream=outcome.stream,
            version=outcome.version,
            head=outcome.head.hex(),
        )

    async def _version(self, stream: StreamName) -> int | None:
        """How far a stream has come, for those who may know."""
        if not await may_watch_stream(self._around.system, self._me, stream):
            return None
        return await self._around.system.version(stream)

    def _put(self, message: ServerMessage) -> None:
        self._outbox.put(format_frame(message))
