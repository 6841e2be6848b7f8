"""The operator's end of the socket: ask, and be answered. There is no Textual in it.

AdminTrouble
├── NoServer          no server runs on this data, or it does not let us in
├── ServerLost        it went away before it answered
└── QuestionRefused   it cannot or will not do what was asked
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar, cast

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from clouds_edges import __version__
from clouds_edges.client.credentials import Credentials, CredentialsUnusable
from clouds_edges.client.encryption import KeyDiffers, check_key, tls_for
from clouds_edges.client.private_file import read_file
from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.protocol.access import ACCESS_FILE, Access
from clouds_edges.protocol.admin import LARGEST_ANSWER, MOST_UNDER_WAY, Asks, answer_of
from clouds_edges.protocol.admin_answers import Answer, NotDone
from clouds_edges.protocol.admin_messages import Answered, Ask, OperatorWelcome
from clouds_edges.protocol.frames import MalformedFrame, format_frame, parse_answer_frame
from clouds_edges.protocol.messages import PROTOCOL_VERSION, CloseCode, Hello, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from websockets.asyncio.client import ClientConnection

    from clouds_edges.protocol.admin import Question
    from clouds_edges.protocol.admin_messages import OperatorServerMessage
    from clouds_edges.protocol.invites import Fingerprint

A = TypeVar("A")

_TIME_TO_CONNECT: Final = 5.0
_TIME_TO_CLOSE: Final = 0.5
_PING_SECONDS: Final = 10.0


class AdminTrouble(Exception):
    """The base of what can come instead of an answer; the sentence is for people."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoServer(AdminTrouble):
    """No server runs on this data, or it does not let us in."""


class ServerLost(AdminTrouble):
    """The server went away before it answered; what was asked for may have been done or not."""


class QuestionRefused(AdminTrouble):
    """The server cannot or will not do what was asked."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class WayIn(Protocol):
    """Where a server is, and a token with which it lets us look after it."""

    @property
    def url(self) -> str:
        """The address of its socket."""

    @property
    def key(self) -> Fingerprint | None:
        """The key by which it is known, if it is known by one."""

    @property
    def token(self) -> str:
        """Of the operator, or of a player with the role of admin."""


@dataclass(frozen=True, slots=True)
class OwnToken:
    """The way in to a server on which we play: as a player with the role of admin."""

    url: str
    token: str
    key: Fingerprint | None = None


def own_token(credentials: Credentials, server: str, url: str, key: Fingerprint | None) -> OwnToken:
    """How to reach a server on which we have the role of admin; our tokens are under `server`.

    Raises:
        NoServer: We have never played there, or our tokens cannot be read.
    """
    try:
        token = credentials.last_used(server)
    except CredentialsUnusable as error:
        raise NoServer(str(error)) from error
    if token is None:
        message = (
            f"nobody has played on {url} from here: sign up with clouds-edges play --server {url}, "
            "and ask an admin for the role"
        )
        raise NoServer(message)
    return OwnToken(url, token, key)


def read_access(folder: Path) -> Access:
    """How to reach the server that runs on this data folder.

    Raises:
        NoServer: None does, or the file that says so cannot be read.
    """
    path = folder / ACCESS_FILE
    try:
        return Access.model_validate_json(read_file(path))
    except FileNotFoundError as error:
        message = (
            f"no server runs on {folder}: start one with clouds-edges serve, "
            "or name the folder of its data with --data"
        )
        raise NoServer(message) from error
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}): be the user who runs the server"
        raise NoServer(message) from error
    except ValueError as error:
        message = f"{path} cannot be understood: start the server again"
        raise NoServer(message) from error


class AdminConnection:
    """Asks one server; use it as an asynchronous context manager.

    It connects when something is asked, and again after the server was lost: `find_access` is
    called each time, because a server that was started again has another token. Questions may be
    under way at once.
    """

    def __init__(self, find_access: Callable[[], WayIn]) -> None:
        """Prepare; `find_access` may raise `NoServer`."""
        self._find_access = find_access
        self._socket: ClientConnection | None = None
        self._connecting = asyncio.Lock()
        self._asked: dict[CommandId, asyncio.Future[Answer]] = {}
        self._places = asyncio.Semaphore(MOST_UNDER_WAY)
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up."""
        if self._socket is not None:
            await self._socket.close()
        await self._tasks.__aexit__(None, None, None)

    async def ask(self, question: Asks[A]) -> A:
        """Ask, and wait for the answer, which has the type that the question says.

        Raises:
            NoServer: See there.
            ServerLost: See there.
            QuestionRefused: With the server's code and sentence.
        """
        ask = Ask(
            id=CommandId(secrets.token_hex(8)),
            question=cast("Question", question),  # every class that asks is in the union
        )
        async with self._places:
            answer = await self._answer_to(ask)
        if isinstance(answer, NotDone):
            raise QuestionRefused(answer.code, answer.sentence)
        if not isinstance(answer, answer_of(question)):
            message = f"update needed: the server answers with {answer.kind!r}, which nobody asked"
            raise ServerLost(message)
        return answer

    async def _answer_to(self, ask: Ask) -> Answer:
        socket = await self._connected()
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[ask.id] = future
        try:
            await socket.send(format_frame(ask))
            return await future
        except ConnectionClosed as closed:
            raise _lost(closed) from closed
        finally:
            del self._asked[ask.id]

    async def _connected(self) -> ClientConnection:
        async with self._connecting:
            if self._socket is None:
                self._socket = await _greeted(self._find_access())
                self._tasks.create_task(self._read(self._socket))
            return self._socket

    async def _read(self, socket: ClientConnection) -> None:
        """Hand the answers over until the socket closes; then nobody waits any longer."""
        trouble: AdminTrouble
        try:
            while True:
                self._hear(_parsed(await socket.recv()))
        except ConnectionClosed as closed:
            trouble = _lost(closed)
        except AdminTrouble as unreadable:
            trouble = unreadable
            await socket.close()
        if self._socket is socket:
            self._socket = None
        for future in self._asked.values():
            if not future.done():
                future.set_exception(trouble)

    def _hear(self, message: OperatorServerMessage) -> None:
        match message:
            case Answered(id=asked, answer=answer):
                self._hand_over(asked, answer)
            case Refused(id=asked, code=code, sentence=sentence):
                self._hand_over(asked, NotDone(code=code, sentence=sentence))
            case OperatorWelcome():
                pass

    def _hand_over(self, asked: CommandId | None, answer: Answer) -> None:
        future = None if asked is None else self._asked.get(asked)
        if future is not None and not future.done():
            future.set_result(answer)


async def _greeted(access: WayIn) -> ClientConnection:
    """A socket whose greeting was accepted.

    Raises:
        NoServer: Nobody answers, or another server, or the token is not accepted.
    """
    try:
        async with asyncio.timeout(_TIME_TO_CONNECT):
            socket = await _opened(access)
            try:
                check_key(socket, access.url, access.key)
                await _greet(socket, access)
            except BaseException:
                await socket.close()
                raise
    except ConnectionClosed as closed:
        raise NoServer(_why_not_let_in(closed)) from closed
    except KeyDiffers as error:
        raise NoServer(str(error)) from error
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise NoServer(_nobody_at(access)) from error
    return socket


async def _opened(access: WayIn) -> ClientConnection:
    try:
        return await connect(
            access.url,
            ssl=tls_for(access.url, access.key),
            compression=None,
            max_size=LARGEST_ANSWER,
            ping_interval=_PING_SECONDS,
            ping_timeout=_PING_SECONDS,
            close_timeout=_TIME_TO_CLOSE,
            proxy=None,
        )
    except ValueError as error:  # of a port or a name that there cannot be
        raise InvalidURI(access.url, str(error)) from error


async def _greet(socket: ClientConnection, access: WayIn) -> None:
    hello = Hello(protocol=PROTOCOL_VERSION, token=access.token, client=__version__, role="admin")
    await socket.send(format_frame(hello))
    match _parsed(await socket.recv()):
        case OperatorWelcome():
            return
        case Refused(sentence=sentence) if isinstance(access, OwnToken):
            raise NoServer(sentence)
        case _:
            message = f"the server at {access.url} does not know its operator: start it again"
            raise NoServer(message)


def _parsed(frame: str | bytes) -> OperatorServerMessage:
    try:
        return parse_answer_frame(frame)
    except MalformedFrame as error:
        message = f"update needed: the server says what this program cannot read ({error})"
        raise ServerLost(message) from error


def _nobody_at(access: WayIn) -> str:
    if isinstance(access, OwnToken):
        return f"no server of this program answers at {access.url}: check the address"
    return (
        f"no server answers at {access.url}, where one ran that was not stopped in order: "
        "start it again with clouds-edges serve"
    )


def _why_not_let_in(closed: ConnectionClosed) -> str:
    if closed.rcvd is not None and closed.rcvd.code == CloseCode.UPDATE_NEEDED:
        return closed.rcvd.reason
    return f"the server hung up at the greeting ({_reason(closed)})"


def _lost(closed: ConnectionClosed) -> AdminTrouble:
    if closed.rcvd is not None and closed.rcvd.code == CloseCode.REVOKED:
        return NoServer(f"the server does not let us in any more: {closed.rcvd.reason}")
    return ServerLost(f"the server went away before it answered ({_reason(closed)})")


def _reason(closed: ConnectionClosed) -> str:
    return closed.rcvd.reason if closed.rcvd and closed.rcvd.reason else "hung up"
