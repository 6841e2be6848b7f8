"""The greeting: who is at the other end of a socket; whoever is new signs up with it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clouds_edges import __version__
from clouds_edges.domain.actors import OPERATOR, Admin, Guest, Player
from clouds_edges.domain.ids import PLAYERS, player_id
from clouds_edges.domain.players.commands import SignUp
from clouds_edges.domain.players.names import check_name
from clouds_edges.domain.refusals import NameUnacceptable, NotAdmin, NotSignedUp
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused
from clouds_edges.eventsourcing.errors import EventSourcingError, StreamQuarantined
from clouds_edges.protocol.frames import format_frame, parse_client_frame
from clouds_edges.protocol.messages import PROTOCOL_VERSION, CloseCode, Hello
from clouds_edges.server.answers import refusal
from clouds_edges.server.incoming import Goodbye, Incoming
from clouds_edges.server.tokens import Role, is_well_formed

if TYPE_CHECKING:
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.server.counted_connection import CountedConnection
    from clouds_edges.server.surroundings import Surroundings

TIME_TO_GREET: Final = 5.0
_LOG: Final = logging.getLogger(__name__)


class UnknownCode(Refused):
    """Nobody was given this code, or it was used, or too long ago."""

    code = "unknown_code"


@dataclass(frozen=True, slots=True)
class Greeted:
    """Who has greeted, and with which token."""

    who: Player | Admin
    token: str


class Greeting:
    """Finds out who is at one socket."""

    def __init__(
        self, socket: CountedConnection, incoming: Incoming, surroundings: Surroundings
    ) -> None:
        self._socket = socket
        self._incoming = incoming
        self._around = surroundings

    async def greeted(self) -> Greeted:
        """Read greetings until one is good; the others are answered.

        Raises:
            Goodbye: There was none in time, or there is no point in another.
            ConnectionClosed: The client is gone.
        """
        try:
            async with asyncio.timeout(TIME_TO_GREET):
                while True:
                    hello = await self._incoming.next(parse_client_frame)
                    if not isinstance(hello, Hello):
                        raise Goodbye(CloseCode.NO_GREETING, "the first message is a hello")
                    try:
                        who = await self._identified(hello)
                    except Refused as refused:
                        await self._refuse(refused)
                    except StreamQuarantined as damage:
                        await self._refuse(damage)
                    except EventSourcingError as trouble:
                        _LOG.warning("a greeting failed: %s", trouble)
                        reason = "the server cannot let anybody in at the moment"
                        raise Goodbye(CloseCode.FAILED, reason) from trouble
                    else:
                        return Greeted(who, hello.token)
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
        if hello.role == "admin":
            return await self._admin(me)
        player = None if me is None else await self._around.system.player(me)
        if player is not None:
            await self._around.system.check_not_forgotten(player.id)
            return player
        if hello.code is not None:
            return await self._let_in(hello)
        if hello.name is None:
            message = "this server does not know you yet: choose a name"
            raise NotSignedUp(message)
        return await self._signed_up(hello, hello.name)

    async def _admin(self, me: PlayerId | None) -> Admin:
        """The player with this id, as an admin; nobody signs up as one."""
        if me is None:
            message = "this server does not know you: sign up as a player, and ask for the role"
            raise NotAdmin(message)
        await self._around.system.check_not_forgotten(me)
        await self._around.system.check_admin(Admin(me))
        return Admin(me)

    async def _let_in(self, hello: Hello) -> Player:
        """Let one more device of a player in, who was given a code for it."""
        self._around.doors.check_code(self._socket)
        me = self._around.codes.redeem((hello.code or "").lower())
        player = None if me is None else await self._around.system.player(me)
        if player is None:
            message = "this code lets nobody in, or not any more: ask for another"
            raise UnknownCode(message)
        await self._around.system.check_not_forgotten(player.id)
        await self._around.tokens.claim(
            hello.token, player.id, _shown(hello.device), self._around.now()
        )
        return player

    async def _signed_up(self, hello: Hello, name: str) -> Player:
        """Claim an id with the token, then the name: a repeat after a crash goes on from there."""
        check_name(name)
        self._around.doors.check_sign_up(self._socket)
        stranger = Guest(player_id(self._around.new_seed()))
        await self._around.system.check_open(stranger)
        now = self._around.now()
        me = await self._around.tokens.claim(hello.token, stranger.id, _shown(hello.device), now)
        command_id = _id_of_sign_up(hello.token, name)
        issued = Issued(SignUp(name), Guest(me), now, command_id, self._around.new_seed())
        await self._around.system.give(PLAYERS, issued)
        return (await self._around.system.players.load(PLAYERS)).state.by_id[me]

    async def _refuse(self, reason: Refused | EventSourcingError) -> None:
        await self._socket.send(format_frame(refusal(reason)))


def _shown(device: str) -> str:
    """The name of a device, if it is one that can be shown."""
    try:
        check_name(device)
    except NameUnacceptable:
        return ""
    return device


def _id_of_sign_up(token: str, name: str) -> CommandId:
    """The same for the same name; without the token nobody can tell which name that was."""
    mark = hmac.digest(token.encode(), name.encode(), hashlib.sha256).hex()
    return CommandId(f"sign-up:{mark[:32]}")
