"""One connection: a greeting, then what a player or an operator does with it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed

from clouds_edges import __version__
from clouds_edges.domain.actors import Admin, Player
from clouds_edges.protocol.admin_messages import OperatorWelcome
from clouds_edges.protocol.frames import format_frame
from clouds_edges.protocol.messages import (
    LARGEST_FRAME,
    PROTOCOL_VERSION,
    CloseCode,
    Welcome,
)
from clouds_edges.server.greeting import Greeted, Greeting
from clouds_edges.server.incoming import Goodbye, Incoming
from clouds_edges.server.operator_session import OperatorSession
from clouds_edges.server.player_session import PlayerSession

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from clouds_edges.server.counted_connection import CountedConnection
    from clouds_edges.server.surroundings import Surroundings

_LOG: Final = logging.getLogger(__name__)


class Session:
    """Serves one client on one socket."""

    def __init__(self, socket: CountedConnection, surroundings: Surroundings) -> None:
        self._socket = socket
        self._around = surroundings
        self._pace = surroundings.doors.pace_of(socket)
        self._incoming = Incoming(socket, self._pace)

    async def run(self) -> None:
        """Greet and serve the client until it goes, or has to."""
        try:
            greeted = await Greeting(self._socket, self._incoming, self._around).greeted()
            with self._around.doors.inside(self._socket):
                welcome = _welcome(greeted.who, self._around.now())
                await self._socket.send(format_frame(welcome))
                self._socket.protocol.max_message_size = LARGEST_FRAME
                await self._serve(greeted)
        except Goodbye as goodbye:
            _LOG.info("a client is sent away: %s", goodbye.reason)
            await self._socket.close(goodbye.code, goodbye.reason)
        except ConnectionClosed:
            pass
        except Exception:
            _LOG.exception("a session has failed")
            raise

    async def _serve(self, greeted: Greeted) -> None:
        """Serve whoever has greeted, for as long as the token is good."""
        tokens = self._around.tokens
        with tokens.in_use(greeted.token) as revoked:
            if await tokens.role(greeted.token) is None:
                revoked.set()  # since the greeting was read
            await tokens.seen(greeted.token, self._around.now())
            await _until(revoked, self._served(greeted))

    async def _served(self, greeted: Greeted) -> None:
        match greeted.who:
            case Player(id=me):
                self._pace.belongs_to(me)
                session = PlayerSession(
                    me, greeted.token, self._socket, self._incoming, self._around
                )
                await session.run()
            case Admin() as admin:
                answering = self._around.administration
                with self._around.doors.operating():
                    await OperatorSession(self._socket, self._incoming, answering, admin).run()


async def _until(revoked: asyncio.Event, serving: Coroutine[None, None, None]) -> None:
    """Serve until that ends, or the device is signed out."""
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_go_when(revoked))
            tasks.create_task(serving)
    except* (ConnectionClosed, Goodbye) as ends:  # several may come at once
        raise ends.exceptions[0] from None


async def _go_when(revoked: asyncio.Event) -> None:
    await revoked.wait()
    raise Goodbye(CloseCode.REVOKED, "this device was signed out")


def _welcome(who: Player | Admin, now: datetime) -> Welcome | OperatorWelcome:
    match who:
        case Player():
            return Welcome(protocol=PROTOCOL_VERSION, server=__version__, player=who, now=now)
        case Admin():
            return OperatorWelcome(protocol=PROTOCOL_VERSION, server=__version__)
