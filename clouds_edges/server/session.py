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
from clouds_edges.application.quarantine import sentence_about
from clouds_edges.domain.actors import Guest
from clouds_edges.domain.game.refusals import NoSuchGame
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, category_of, game_in, player_id
from clouds_edges.domain.lobby.refusals import InviteNeeded
from clouds_edges.domain.lobby.visibility import lobby_as_seen_by
from clouds_edges.domain.players.commands import SignUp
from clouds_edges.domain.players.names import check_name
from clouds_edges.domain.refusals import NotSignedUp
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused
from clouds_edges.eventsourcing.errors import EventSourcingError, StreamQuarantined
from clouds_edges.protocol.frames import MalformedFrame, format_frame, parse_client_frame
from clouds_edges.protocol.messages import (
    LARGEST_FRAME,
    PROTOCOL_VERSION,
    Accepted,
    AskRecord,
    CloseCode,
    Duplicate,
    GiveOrder,
    Happened,
    Hello,
    LobbyIs,
    RecordIs,
    ServerMessage,
    Unwatch,
    Watch,
    Welcome,
)
from clouds_edges.protocol.messages import Refused as RefusedMessage
from clouds_edges.server.hub import Hub, Watcher, happened
from clouds_edges.server.outbox import Outbox, TooSlow
from clouds_edges.server.tokens import Tokens, is_well_formed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from websockets.asyncio.server import ServerConnection

    from clouds_edges.application.system import System
    from clouds_edges.domain.actors import Player
    from clouds_edges.domain.ids import PlayerId
    from clouds_edges.eventsourcing.decider import StreamName

TIME_TO_GREET: Final = 5.0
MOST_MISTAKES: Final = 50
MOST_WATCHED: Final = 64
_LOG: Final = logging.getLogger(__name__)


class WatchesTooMuch(Refused):
    """A connection watches as many streams as it may."""

    code = "watches_too_much"


class UnknownStream(Refused):
    """There is nothing to watch under this name."""

    code = "unknown_stream"


class Goodbye(Exception):
    """The session ends here, with a code and a reason for the client."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session works with; made once, in the composition root."""

    system: System
    hub: Hub
    tokens: Tokens
    now: Callable[[], datetime]
    new_seed: Callable[[], int]


class Session:
    """Serves one client on one socket."""

    def __init__(self, socket: ServerConnection, surroundings: Surroundings) -> None:
        self._socket = socket
        self._around = surroundings
        self._outbox = Outbox(socket)
        self._watchers: dict[StreamName, Watcher] = {}
        self._mistakes = 0

    async def run(self) -> None:
        """Greet and serve the client until it goes, or has to."""
        try:
            player = await self._greeted()
            self._socket.protocol.max_message_size = LARGEST_FRAME
            await self._serve(player)
        except Goodbye as goodbye:
            _LOG.info("a client is sent away: %s", goodbye.reason)
            await self._socket.close(goodbye.code, goodbye.reason)
        except ConnectionClosed:
            pass
        except Exception:
            _LOG.exception("a session has failed")
            raise
        finally:
            for stream, watcher in self._watchers.items():
                self._around.hub.remove(stream, watcher)

    async def _serve(self, player: PlayerId) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._outbox.send_queued())
                tasks.create_task(self._outbox.watch_size())
                tasks.create_task(self._read(player))
        except* (ConnectionClosed, Goodbye, TooSlow) as ends:  # several may come at once
            first = ends.exceptions[0]
            if isinstance(first, TooSlow):
                reason = "too slow: come back for what you missed"
                raise Goodbye(CloseCode.TOO_SLOW, reason) from None
            raise first from None

    async def _greeted(self) -> PlayerId:
        """Read greetings until one is good."""
        try:
            async with asyncio.timeout(TIME_TO_GREET):
                while True:
                    hello = await self._received()
                    if not isinstance(hello, Hello):
                        raise Goodbye(CloseCode.NO_GREETING, "the first message is a hello")
                    try:
                        player = await self._identified(hello)
                    except Refused as refused:
                        await self._refuse_greeting(refused)
                    except StreamQuarantined as damage:
                        await self._send(_refusal(None, damage))
                    except EventSourcingError as trouble:
                        _LOG.warning("a greeting failed: %s", trouble)
                        reason = "the server cannot let anybody in at the moment"
                        raise Goodbye(CloseCode.FAILED, reason) from trouble
                    else:
                        await self._send(
                            Welcome(protocol=PROTOCOL_VERSION, server=__version__, player=player)
                        )
                        return player.id
        except TimeoutError:
            reason = f"no greeting within {TIME_TO_GREET:.0f} seconds"
            raise Goodbye(CloseCode.NO_GREETING, reason) from None

    async def _identified(self, hello: Hello) -> Player:
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
        me = await self._around.tokens.claim(token, player_id(self._around.new_seed()))
        command_id = _id_of_sign_up(token, name)
        issued = Issued(
            SignUp(name), Guest(me), self._around.now(), command_id, self._around.new_seed()
        )
        await self._around.system.give(PLAYERS, issued)
        return (await self._around.system.players.load(PLAYERS)).state.by_id[me]

    async def _refuse_greeting(self, refused: Refused) -> None:
        await self._send(RefusedMessage(id=None, code=refused.code, sentence=refused.sentence))

    async def _read(self, me: PlayerId) -> None:
        while True:
            message = await self._received()
            match message:
                case Hello():
                    raise Goodbye(CloseCode.NO_GREETING, "one hello is enough")
                case GiveOrder():
                    self._put(await self._answer(message, me))
                case Watch(stream=stream, after=after):
                    await self._watch(stream, after, me)
                case Unwatch(stream=stream):
                    self._unwatch(stream)
                case AskRecord():
                    self._put(self._record(me))

    def _record(self, me: PlayerId) -> RecordIs | RefusedMessage:
        try:
            standing = self._around.system.standing(me)
        except EventSourcingError as trouble:
            return _refusal(None, trouble)
        return RecordIs(
            played=standing.played,
            won=standing.won,
            drawn=standing.drawn,
            lost=standing.lost,
            boxes=standing.boxes,
        )

    async def _received(self) -> Hello | GiveOrder | Watch | Unwatch | AskRecord:
        """The next message; a frame that is none is answered, up to a number of mistakes."""
        while True:
            frame = await self._socket.recv()
            try:
                return parse_client_frame(frame)
            except MalformedFrame as error:
                self._mistakes += 1
                if self._mistakes > MOST_MISTAKES:
                    raise Goodbye(CloseCode.TOO_MANY_MISTAKES, "too many bad frames") from error
                await self._send(
                    RefusedMessage(id=error.id, code="malformed_frame", sentence=str(error))
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
                version = await system.version(order.stream)
                return RefusedMessage(
                    id=order.id, code=refused.code, sentence=refused.sentence, version=version
                )
        except EventSourcingError as trouble:
            _LOG.warning("order %r to %r failed: %s", order.id, order.stream, trouble)
            return _refusal(order.id, trouble)
        outcome = handled.outcome
        answer = Duplicate if handled.is_duplicate else Accepted
        return answer(
            id=order.id,
            stream=outcome.stream,
            version=outcome.version,
            head=outcome.head.hex(),
        )

    async def _watch(self, stream: StreamName, after: int, me: PlayerId) -> None:
        self._unwatch(stream)
        try:
            if len(self._watchers) >= MOST_WATCHED:
                message = f"one connection watches {MOST_WATCHED} streams at most"
                raise WatchesTooMuch(message)
            if stream == MAIN_LOBBY:
                await self._watch_lobby(stream, me)
            elif category_of(stream) == "game":
                await self._watch_game(stream, after, me)
            else:
                message = f"there is nothing to watch under {stream}"
                raise UnknownStream(message)
        except Refused as refused:
            self._put(RefusedMessage(id=None, code=refused.code, sentence=refused.sentence))
        except EventSourcingError as trouble:
            _LOG.warning("watching %r failed: %s", stream, trouble)
            self._unwatch(stream)
            self._put(_refusal(None, trouble))

    async def _watch_lobby(self, stream: StreamName, me: PlayerId) -> None:
        """Show the lobby whole, then tell what happens; and say so if no more can happen."""
        watcher = self._begun_watching(stream, me)
        lobby = await self._around.system.lobbies.load_sound(stream)
        seen = lobby_as_seen_by(me, lobby.state)
        self._put(LobbyIs(stream=stream, version=lobby.version, lobby=seen))
        watcher.begin(lobby.version)
        damage = self._around.system.store.quarantined.get(stream)
        if damage is not None:
            self._put(_refusal(None, damage))

    async def _watch_game(self, stream: StreamName, after: int, me: PlayerId) -> None:
        """Tell what happened since, then what happens; no version is behind the end."""
        await self._check_may_watch(stream, me)
        after = min(after, (await self._around.system.games.load(stream)).version)
        watcher = self._begun_watching(stream, me)
        missed = await self._around.system.store.read_stream(stream, after)
        if missed:
            self._put(happened(missed, me))
        else:
            self._put(Happened(stream=stream, version=after, events=()))
        watcher.begin(after + len(missed))

    async def _check_may_watch(self, stream: StreamName, me: PlayerId) -> None:
        game = (await self._around.system.games.load(stream)).state
        lobby = (await self._around.system.lobbies.load_sound(MAIN_LOBBY)).state
        table = lobby.tables.get(game_in(stream))
        if game is not None:
            is_private, is_mine = game.private, bool(game.seats_of(me))
        elif table is not None:
            is_private, is_mine = table.private, table.seats_player(me)
        else:
            message = f"there is no game {game_in(stream)}"
            raise NoSuchGame(message)
        if is_private and not is_mine:
            message = f"game {game_in(stream)} is private"
            raise InviteNeeded(message)

    def _begun_watching(self, stream: StreamName, me: PlayerId) -> Watcher:
        watcher = Watcher(me, self._outbox)
        self._watchers[stream] = watcher
        self._around.hub.add(stream, watcher)
        return watcher

    def _unwatch(self, stream: StreamName) -> None:
        watcher = self._watchers.pop(stream, None)
        if watcher is not None:
            self._around.hub.remove(stream, watcher)

    def _put(self, message: ServerMessage) -> None:
        self._outbox.put(format_frame(message))

    async def _send(self, message: ServerMessage) -> None:
        """Send at once; for the greeting, and where a flood of answers must slow its cause."""
        await self._socket.send(format_frame(message))


def _id_of_sign_up(token: str, name: str) -> CommandId:
    """The same for the same name; without the token nobody can tell which name that was."""
    mark = hmac.digest(token.encode(), name.encode(), hashlib.sha256).hex()
    return CommandId(f"sign-up:{mark[:32]}")


def _refusal(order: CommandId | None, trouble: EventSourcingError) -> RefusedMessage:
    """Trouble as an answer; a quarantined stream in words that say what it means for players."""
    sentence = sentence_about(trouble) if isinstance(trouble, StreamQuarantined) else str(trouble)
    return RefusedMessage(id=order, code=_code_of(trouble), sentence=sentence)


def _code_of(trouble: EventSourcingError) -> str:
    """The name of the trouble as a code: `VersionConflict` is `version_conflict`."""
    name = type(trouble).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
