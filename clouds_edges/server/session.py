"""One connection: a greeting, then orders and wishes to watch, until either side hangs up."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed

from clouds_edges import __version__
from clouds_edges.domain.actors import Admin, Guest, Player
from clouds_edges.domain.ids import PLAYERS, player_id
from clouds_edges.domain.players.commands import SignUp
from clouds_edges.domain.players.names import check_name
from clouds_edges.domain.refusals import Forgotten, NotSignedUp
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused
from clouds_edges.eventsourcing.errors import EventSourcingError, StreamQuarantined
from clouds_edges.protocol.admin import OperatorWelcome
from clouds_edges.protocol.frames import format_frame, parse_client_frame
from clouds_edges.protocol.messages import (
    LARGEST_FRAME,
    PROTOCOL_VERSION,
    Accepted,
    AskRecord,
    CheckReceipts,
    CloseCode,
    Duplicate,
    GiveOrder,
    Hello,
    RecordIs,
    ServerMessage,
    Unwatch,
    Watch,
    Welcome,
)
from clouds_edges.protocol.messages import Refused as RefusedMessage
from clouds_edges.server.answers import refusal
from clouds_edges.server.incoming import Goodbye, Incoming
from clouds_edges.server.operator_session import OperatorSession
from clouds_edges.server.outbox import Outbox, TooSlow
from clouds_edges.server.tokens import Role, Tokens, is_well_formed
from clouds_edges.server.visitors import Visitors
from clouds_edges.server.watches import Watches

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from websockets.asyncio.server import ServerConnection

    from clouds_edges.application.system import System
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.server.admin.administration import Administration
    from clouds_edges.server.hub import Hub
    from clouds_edges.server.presence import Presence

TIME_TO_GREET: Final = 5.0
OPERATOR: Final = Admin("admin")
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session works with; made once, in the composition root."""

    system: System
    hub: Hub
    tokens: Tokens
    visitors: Visitors
    administration: Administration
    presence: Presence
    now: Callable[[], datetime]
    new_seed: Callable[[], int]


class Session:
    """Serves one client on one socket."""

    def __init__(self, socket: ServerConnection, surroundings: Surroundings) -> None:
        self._socket = socket
        self._around = surroundings
        self._incoming = Incoming(socket)
        self._outbox = Outbox(socket)
        self._wants_record = asyncio.Event()

    async def run(self) -> None:
        """Greet and serve the client until it goes, or has to."""
        try:
            with self._around.visitors.connected():
                who = await self._greeted()
                self._socket.protocol.max_message_size = LARGEST_FRAME
                await self._serve(who)
        except Goodbye as goodbye:
            _LOG.info("a client is sent away: %s", goodbye.reason)
            await self._socket.close(goodbye.code, goodbye.reason)
        except ConnectionClosed:
            pass
        except Exception:
            _LOG.exception("a session has failed")
            raise

    async def _serve(self, who: Player | Admin) -> None:
        match who:
            case Player(id=me):
                with self._around.presence.here(me) as forgotten:
                    await self._serve_player(me, forgotten)
            case Admin():
                administration = self._around.administration
                with self._around.visitors.operating():
                    await OperatorSession(self._socket, self._incoming, administration).run()

    async def _serve_player(self, player: PlayerId, forgotten: asyncio.Event) -> None:
        watches = Watches(player, self._around.system, self._around.hub, self._outbox)
        try:
            with self._around.hub.telling(self._outbox):
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._outbox.send_queued())
                    tasks.create_task(self._outbox.watch_size())
                    tasks.create_task(watches.run())
                    tasks.create_task(self._read(player, watches))
                    tasks.create_task(self._tell_record(player))
                    tasks.create_task(self._go_once(forgotten, player))
        except* (ConnectionClosed, Goodbye, TooSlow) as ends:  # several may come at once
            first = ends.exceptions[0]
            if isinstance(first, TooSlow):
                reason = "too slow: come back for what you missed"
                raise Goodbye(CloseCode.TOO_SLOW, reason) from None
            raise first from None
        finally:
            watches.close()

    async def _go_once(self, forgotten: asyncio.Event, player: PlayerId) -> None:
        """Wait for the player to be forgotten, and say so.

        Raises:
            Goodbye: The player was.
        """
        await forgotten.wait()
        try:
            await self._around.system.check_not_forgotten(player)
        except Forgotten as refused:
            raise Goodbye(CloseCode.FORGOTTEN, refused.sentence) from None

    async def _greeted(self) -> Player | Admin:
        """Read greetings until one is good."""
        try:
            async with asyncio.timeout(TIME_TO_GREET):
                while True:
                    hello = await self._incoming.next(parse_client_frame)
                    if not isinstance(hello, Hello):
                        raise Goodbye(CloseCode.NO_GREETING, "the first message is a hello")
                    try:
                        who = await self._identified(hello)
                    except Refused as refused:
                        await self._send(refusal(refused))
                    except StreamQuarantined as damage:
                        await self._send(refusal(damage))
                    except EventSourcingError as trouble:
                        _LOG.warning("a greeting failed: %s", trouble)
                        reason = "the server cannot let anybody in at the moment"
                        raise Goodbye(CloseCode.FAILED, reason) from trouble
                    else:
                        await self._send(_welcome(who, self._around.now()))
                        return who
        except TimeoutError:
            reason = f"no greeting within {TIME_TO_GREET:.0f} seconds"
            raise Goodbye(CloseCode.NO_GREETING, reason) from None

    async def _identified(self, hello: Hello) -> Player | Admin:
        """Who greets; a new player when the token is new and comes with a name."""
        if hello.protocol != PROTOCOL_VERSION:
            raise Goodbye(
                CloseCode.UPDATE_NEEDED,
                f"update needed: the server {__version__} speaks protocol {PROTOCOL_VERSION}, "
                f"the client protocol {hello.protocol}",
            )
        if not is_well_formed(hello.token):
            message = "the token is not one of this program: sign up again"
            raise NotSignedUp(message)
        if await self._around.tokens.role(hello.token) is Role.ADMIN:
            return OPERATOR
        me = await self._around.tokens.owner(hello.token)
        player = None if me is None else await self._around.system.player(me)
        if player is not None:
            await self._around.system.check_not_forgotten(player.id)
            return player
        if hello.name is None:
            message = "this server does not know you yet: choose a name"
            raise NotSignedUp(message)
        return await self._signed_up(hello.token, hello.name)

    async def _signed_up(self, token: str, name: str) -> Player:
        """Claim an id with the token, then the name: a repeat after a crash goes on from there."""
        check_name(name)
        stranger = Guest(player_id(self._around.new_seed()))
        await self._around.system.check_open(stranger)
        me = await self._around.tokens.claim(token, stranger.id)
        command_id = _id_of_sign_up(token, name)
        issued = Issued(
            SignUp(name), Guest(me), self._around.now(), command_id, self._around.new_seed()
        )
        await self._around.system.give(PLAYERS, issued)
        return (await self._around.system.players.load(PLAYERS)).state.by_id[me]

    async def _read(self, me: PlayerId, watches: Watches) -> None:
        while True:
            message = await self._incoming.next(parse_client_frame)
            match message:
                case Hello():
                    raise Goodbye(CloseCode.NO_GREETING, "one hello is enough")
                case GiveOrder():
                    self._put(await self._answer(message, me))
                case Watch():
                    await watches.watch(message)
                case Unwatch(stream=stream):
                    await watches.unwatch(stream)
                case CheckReceipts():
                    await watches.check(message)
                case AskRecord():
                    self._wants_record.set()

    async def _tell_record(self, me: PlayerId) -> None:
        """Answer whoever asks for the record, until cancelled; beside orders, for it may take long.

        What is asked before an answer was begun has that one answer.
        """
        while True:
            await self._wants_record.wait()
            self._wants_record.clear()
            self._put(await self._record(me))

    async def _record(self, me: PlayerId) -> RecordIs | RefusedMessage:
        try:
            standing = await self._around.system.standing(me)
        except EventSourcingError as trouble:
            return refusal(trouble)
        return RecordIs(
            played=standing.played,
            won=standing.won,
            drawn=standing.drawn,
            lost=standing.lost,
            boxes=standing.boxes,
        )

    async def _answer(
        self, order: GiveOrder, me: PlayerId
    ) -> Accepted | Duplicate | RefusedMessage:
        system, now, seed = self._around.system, self._around.now(), self._around.new_seed()
        try:
            by = await system.player(me) or Guest(me)
            try:
                issued = Issued(order.command, by, now, order.id, seed)
                handled = await system.give(order.stream, issued)
            except Refused as refused:
                return refusal(refused, order.id, await system.version(order.stream))
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

    def _put(self, message: ServerMessage) -> None:
        self._outbox.put(format_frame(message))

    async def _send(self, message: ServerMessage | OperatorWelcome) -> None:
        """Send at once; for the greeting, and where a flood of answers must slow its cause."""
        await self._socket.send(format_frame(message))


def _welcome(who: Player | Admin, now: datetime) -> Welcome | OperatorWelcome:
    match who:
        case Player():
            return Welcome(protocol=PROTOCOL_VERSION, server=__version__, player=who, now=now)
        case Admin():
            return OperatorWelcome(protocol=PROTOCOL_VERSION, server=__version__)


def _id_of_sign_up(token: str, name: str) -> CommandId:
    """The same for the same name; without the token nobody can tell which name that was."""
    mark = hmac.digest(token.encode(), name.encode(), hashlib.sha256).hex()
    return CommandId(f"sign-up:{mark[:32]}")
