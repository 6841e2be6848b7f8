"""The client's end of the socket: send, iterate, reconnect, resume. There is no Textual in it."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias

from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
)

from clouds_edges import __version__
from clouds_edges.client import wording
from clouds_edges.client.clean_text import cleaned
from clouds_edges.client.encryption import KeyDiffers, check_key, tls_for
from clouds_edges.client.receipts import Receipts
from clouds_edges.client.streams import HistoryLost, Step, Streams
from clouds_edges.domain.refusals import Forgotten
from clouds_edges.eventsourcing.decider import CommandId, StreamName
from clouds_edges.protocol.frames import MalformedFrame, format_frame, parse_server_frame
from clouds_edges.protocol.messages import (
    PROTOCOL_VERSION,
    Accepted,
    AskRecord,
    ClientMessage,
    CloseCode,
    Command,
    DeviceCodeIs,
    DevicesAre,
    Duplicate,
    ForgottenAre,
    FrozenIs,
    GiveOrder,
    Happened,
    Hello,
    HistoryDiffers,
    LobbyIs,
    RecordIs,
    Refused,
    Welcome,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from clouds_edges.domain.actors import Player
    from clouds_edges.protocol.invites import Fingerprint
    from clouds_edges.protocol.messages import DeviceWish, ServerMessage

UPDATE_NEEDED: Final = "update_needed"
"""The code of a greeting refused because client and server speak different protocols."""
KEY_DIFFERS: Final = "key_differs"
"""The code of a greeting that was not sent, because the server is not the one that is meant."""
SIGNED_OUT: Final = "signed_out"
"""The code of a connection that ended because this device was signed out."""

_FINAL: Final[Mapping[int, str]] = {
    CloseCode.UPDATE_NEEDED: UPDATE_NEEDED,
    CloseCode.FORGOTTEN: Forgotten.code,
    CloseCode.REVOKED: SIGNED_OUT,
}
"""The ends of a connection after which there is no other, and the code of the refusal they are."""
_LOG: Final = logging.getLogger(__name__)
_TIME_TO_CONNECT: Final = 5.0
_TIME_TO_CLOSE: Final = 0.5
_PING_SECONDS: Final = 10.0
_LARGEST_FRAME: Final = 4 * 1024 * 1024
_PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries to connect, give or take a fifth; the last one for ever."""


class Status(StrEnum):
    """How it stands with the server."""

    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The server was found, lost, or not found yet; the sentence is for people."""

    status: Status
    sentence: str


Answer: TypeAlias = Accepted | Duplicate | Refused
Update: TypeAlias = (
    StatusChanged
    | Happened
    | HistoryLost
    | LobbyIs
    | FrozenIs
    | ForgottenAre
    | RecordIs
    | DevicesAre
    | DeviceCodeIs
    | Refused
)
"""What a server tells; a `Refused` among them is not the answer to an order, but to a wish."""


class GreetingRefused(Exception):
    """The server does not let us in, or not again: under this name, or at all (`UPDATE_NEEDED`)."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Connection:
    """One player's connection to one server, kept up for as long as `run` runs.

    Orders are answered once, whatever happens to the socket in between: those without an answer
    are sent again, with the id they had. Watched streams go on from the version reached, or, when
    the server has lost or changed what it told and acknowledged before, from their beginning.
    """

    def __init__(  # noqa: PLR0913 - where, who, and what is kept of it, each once
        self,
        url: str,
        token: str,
        name: str | None = None,
        *,
        new_id: Callable[[], CommandId],
        key: Fingerprint | None = None,
        device: str = "",
        code: str | None = None,
        receipts: Receipts | None = None,
    ) -> None:
        """Prepare; `name` signs up a player whose token the server does not know.

        A `code` signs it up as one more `device` of the player who was given that. With a `key`
        nothing is told to a server that has another.
        `receipts` are those of this server; without any, they are kept as long as this.
        """
        self.url = url
        self.name = name
        self.player: Player | None = None
        self.status = Status.CONNECTING
        self._token = token
        self._key = key
        self._device = device
        self._code = code
        self._new_id = new_id
        self._socket: ClientConnection | None = None
        self._wants_record = False
        self._told_time: tuple[datetime, float] | None = None
        self._orders: dict[CommandId, tuple[GiveOrder, asyncio.Future[Answer]]] = {}
        self._streams = Streams(receipts or Receipts())
        self._updates: asyncio.Queue[Update] = asyncio.Queue()
        self._outgoing: asyncio.Queue[ClientMessage] = asyncio.Queue()

    async def run(self) -> None:
        """Connect, and connect again whenever the server is lost, until cancelled.

        Raises:
            GreetingRefused: The server does not accept the greeting, or would not another time.
        """
        tries = 0
        while True:
            try:
                async with asyncio.timeout(_TIME_TO_CONNECT) as deadline:
                    async with connect(
                        self.url,
                        ssl=tls_for(self.url, self._key),
                        compression=None,
                        max_size=_LARGEST_FRAME,
                        ping_interval=_PING_SECONDS,
                        ping_timeout=_PING_SECONDS,
                        close_timeout=_TIME_TO_CLOSE,
                        proxy=None,
                    ) as socket:
                        await self._greet(socket)
                        deadline.reschedule(None)
                        tries = 0
                        await self._converse(socket)
                reason = "hung up"
            except (OSError, TimeoutError, InvalidHandshake) as error:
                reason = _reason(error)
            except ConnectionClosed as closed:
                _check_may_come_back(closed)
                reason = closed.rcvd.reason if closed.rcvd and closed.rcvd.reason else "hung up"
            pause = _PAUSES[min(tries, len(_PAUSES) - 1)] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads the rush
            tries += 1
            is_new = self.player is None
            self._change_status(
                Status.CONNECTING if is_new else Status.RECONNECTING,
                f"{'no server yet' if is_new else 'lost the server'}, trying again "
                f"({reason}; {self.url})",
            )
            await asyncio.sleep(pause)

    async def order(self, stream: StreamName, command: Command) -> Answer:
        """Give an order; the answer comes when the server has it, however long that takes."""
        order = GiveOrder(id=self._new_id(), stream=stream, command=command)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._orders[order.id] = order, future
        self._send(order)
        try:
            return await future
        finally:
            del self._orders[order.id]

    def watch(self, stream: StreamName) -> None:
        """Be told of everything in this stream, from its beginning on."""
        self._send(*self._streams.watch(stream))

    def unwatch(self, stream: StreamName) -> None:
        """Be told no more of this stream."""
        self._send(*self._streams.unwatch(stream))

    @property
    def server_now(self) -> datetime | None:
        """What time it is at the server, late by the way of the greeting; None if not told yet."""
        if self._told_time is None:
            return None
        told, zero = self._told_time
        return told + timedelta(seconds=time.monotonic() - zero)

    @property
    def has_been_here(self) -> bool:
        """Whether this server has let us in before, now or as far back as receipts go."""
        return self.player is not None or bool(self._streams.receipts.all())

    def ask_record(self) -> None:
        """Ask how the player has done so far; a `RecordIs` among the updates answers."""
        self._wants_record = True
        self._send(AskRecord())

    def ask(self, wish: DeviceWish) -> None:
        """Ask about one's devices; what answers is among the updates."""
        self._send(wish)

    async def updates(self) -> AsyncIterator[Update]:
        """What happens, in order and without end; for one consumer."""
        while True:
            yield await self._updates.get()

    async def _greet(self, socket: ClientConnection) -> None:
        try:
            check_key(socket, self.url, self._key)
        except KeyDiffers as error:
            raise GreetingRefused(KEY_DIFFERS, str(error)) from error
        hello = Hello(
            protocol=PROTOCOL_VERSION,
            token=self._token,
            name=self.name,
            client=__version__,
            device=self._device,
            code=self._code,
        )
        await socket.send(format_frame(hello))
        match _parsed(await socket.recv()):
            case Welcome(player=player, now=now):
                self.player = player
                self._told_time = None if now is None else (now, time.monotonic())
            case Refused(code=code, sentence=sentence):
                raise GreetingRefused(code, sentence)
            case _:
                raise GreetingRefused(UPDATE_NEEDED, "the server does not speak our protocol")

    async def _converse(self, socket: ClientConnection) -> None:
        """Catch up where we left off, then talk until the socket closes."""
        self._outgoing = asyncio.Queue()
        self._socket = socket
        self._change_status(Status.ONLINE, f"connected to {self.url}")
        self._send(*self._streams.resume())
        for order, _ in self._orders.values():
            self._send(order)
        if self._wants_record:
            self._send(AskRecord())
        try:
            async with asyncio.TaskGroup() as tasks:
                talking = [
                    tasks.create_task(_end_of(self._read(socket))),
                    tasks.create_task(_end_of(self._write(socket))),
                    tasks.create_task(_end_of(self._streams.receipts.keep_saved())),
                ]
                ended, _ = await asyncio.wait(talking, return_when=asyncio.FIRST_COMPLETED)
                for one in talking:
                    one.cancel()
        finally:
            self._socket = None
        raise next(one.result() for one in talking if one in ended)

    async def _write(self, socket: ClientConnection) -> NoReturn:
        while True:
            message = await self._outgoing.get()
            await socket.send(format_frame(message))

    async def _read(self, socket: ClientConnection) -> NoReturn:
        while True:
            message = _parsed(await socket.recv())
            match message:
                case Accepted() | Duplicate() | Refused():
                    self._answered(message)
                case Happened():
                    self._take(self._streams.happened(message))
                case LobbyIs():
                    self._take(self._streams.lobby_is(message))
                case HistoryDiffers():
                    self._take(self._streams.differs(message))
                case RecordIs():
                    self._wants_record = False
                    self._updates.put_nowait(message)
                case FrozenIs() | ForgottenAre() | DevicesAre() | DeviceCodeIs():
                    self._updates.put_nowait(message)
                case Welcome():
                    pass

    def _answered(self, answer: Answer) -> None:
        if answer.id is None:
            self._updates.put_nowait(answer)
            return
        found = self._orders.get(answer.id)
        if found is None:
            return
        order, future = found
        if not isinstance(answer, Refused):
            self._take(self._streams.answered(order, answer))
        if not future.done():
            future.set_result(answer)

    def _take(self, step: Step) -> None:
        for news in step.news:
            if isinstance(news, HistoryLost):
                words = cleaned(wording.history_lost(news))
                _LOG.warning("%s lost or changed history: %s", self.url, words)
            self._updates.put_nowait(news)
        self._send(*step.wishes)

    def _send(self, *messages: ClientMessage) -> None:
        """Queue for the socket; without one nothing is lost, `_converse` begins with it all."""
        if self._socket is not None:
            for message in messages:
                self._outgoing.put_nowait(message)

    def _change_status(self, status: Status, sentence: str) -> None:
        self.status = status
        self._updates.put_nowait(StatusChanged(status, sentence))


async def _end_of(talk: Coroutine[None, None, NoReturn]) -> ConnectionClosed | GreetingRefused:
    """What a part of the conversation ends with.

    Not raised, for a group of tasks of which one has failed forgets that it was cancelled as well.
    """
    try:
        await talk
    except (ConnectionClosed, GreetingRefused) as end:
        return end


def _reason(error: OSError | InvalidHandshake) -> str:
    """What people need to know of why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return str(error) or "no answer"


def _parsed(frame: str | bytes) -> ServerMessage:
    try:
        return parse_server_frame(frame)
    except MalformedFrame as error:
        sentence = f"update needed: the server says what this client cannot read ({error})"
        raise GreetingRefused(UPDATE_NEEDED, sentence) from error


def _check_may_come_back(closed: ConnectionClosed) -> None:
    """Raise `GreetingRefused` if there is no point in another greeting."""
    code = None if closed.rcvd is None else _FINAL.get(closed.rcvd.code)
    if closed.rcvd is not None and code is not None:
        raise GreetingRefused(code, closed.rcvd.reason)
