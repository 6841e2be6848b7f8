"""The list of everything the server is made of: deciders, projections, processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast, get_args

import apsw

from clouds_edges.application.downtime import stand_clocks
from clouds_edges.application.gate import Gate
from clouds_edges.application.keys_of_names import check_keys
from clouds_edges.application.patience import USUAL_PATIENCE, Patience
from clouds_edges.application.private_bodies import private_bodies
from clouds_edges.application.processes.call_time import call_time
from clouds_edges.application.processes.close_game import CLOSE_GAME
from clouds_edges.application.processes.end_grace import end_grace
from clouds_edges.application.processes.expire_games import expire_games
from clouds_edges.application.processes.forget_player import forget_player
from clouds_edges.application.processes.play_bots import play_bots
from clouds_edges.application.processes.start_game import START_GAME
from clouds_edges.application.projections.activity import Activity
from clouds_edges.application.projections.games import Games
from clouds_edges.application.projections.players import Players
from clouds_edges.application.projections.standings import Standing, Standings, standing_of
from clouds_edges.application.snapshot_forms import lobby_form, players_form
from clouds_edges.application.vocabulary import CODEC, AnyCommand, AnyEvent, kind_of
from clouds_edges.domain.actors import OPERATOR, Actor, Admin, Guest, Player
from clouds_edges.domain.game import commands as game_commands
from clouds_edges.domain.game.commands import StandClock
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, PlayerId
from clouds_edges.domain.lobby import commands as lobby_commands
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.operations.decider import OPERATIONS_DECIDER
from clouds_edges.domain.permissions import check_admin, check_not_forgotten, permitted
from clouds_edges.domain.players import commands as players_commands
from clouds_edges.domain.players.commands import ForgetPlayer
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.eventsourcing.command_handler import CommandHandler, Handled, plain_body
from clouds_edges.eventsourcing.decider import CommandId, Decider, Issued, Refused, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.eventsourcing.process_file import ProcessFile
from clouds_edges.eventsourcing.process_runner import ProcessRunner, rest_until
from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.read_model import ReadModel
from clouds_edges.eventsourcing.read_models import run_together
from clouds_edges.eventsourcing.rebuild import Builder, BuilderInside, rebuild_together
from clouds_edges.eventsourcing.rebuild_process import Parts
from clouds_edges.eventsourcing.snapshots import Form, SnapshotFile, Snapshots, fingerprint_of
from clouds_edges.eventsourcing.store import EventStore

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from clouds_edges.eventsourcing.keyring import Keyring

Rest: TypeAlias = Callable[[asyncio.Event, float | None], Awaitable[None]]
"""Waits until somebody sets this, for so many seconds at most."""

S = TypeVar("S")


KEYS: Final = "keys.db"
"""The file of keys in the folder of a server."""
PROJECTIONS: Final[tuple[Projection[AnyEvent], ...]] = (
    Players(),
    Games(),
    Standings(),
    Activity(),
)


def building_parts(folder: Path) -> Parts[AnyEvent]:
    """What a process of its own needs to build read models, beside the server of this folder."""
    keys = KeyFile(folder / KEYS, flags=apsw.SQLITE_OPEN_READONLY)
    return Parts(CODEC.sealed_by(keys), PROJECTIONS)


class UnknownReadModel(Refused):
    """There is no read model of this name."""

    code = "unknown_read_model"


class WrongStream(Refused):
    """The stream takes no such command, or there is no such stream."""

    code = "wrong_stream"


class UnknownProcess(Refused):
    """No process has this name."""

    code = "unknown_process"


@dataclass(frozen=True, slots=True)
class _Category:
    """The commands that streams of one kind take, and what handles them."""

    commands: tuple[type, ...]
    handler: CommandHandler[Any, Actor, Any, Any]
    """Of the commands in `commands` only, which `System.give` checks."""


class System:
    """The whole server core on one store; knows nothing of sockets."""

    def __init__(  # noqa: PLR0913, PLR0917 - the ports of the core, each once
        self,
        store: EventStore[AnyEvent],
        folder: Path,
        now: Callable[[], datetime],
        patience: Patience = USUAL_PATIENCE,
        rest: Rest = rest_until,
        builder: Builder[AnyEvent] | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        """Build everything; `folder` holds the files that could be made again from the log.

        The keyring is the one with which the store seals names, if it does.

        Raises:
            StoreUnavailable: A file cannot be opened or made.
        """
        anything = cast("EventStore[Any]", store)  # a stream holds the events of its decider only
        self.store = store
        self._now = now
        self._keyring = keyring
        self.feed = Feed(store)
        self._snapshots = SnapshotFile(folder / "snapshots.db")
        self._of_players = _snapshots(self._snapshots, PLAYERS_DECIDER, players_form(keyring))
        self._of_lobbies = _snapshots(self._snapshots, LOBBY_DECIDER, lobby_form(keyring))
        body_of = plain_body if keyring is None else private_bodies(keyring)
        players, lobbies = permitted(PLAYERS_DECIDER), permitted(LOBBY_DECIDER)
        self.players = CommandHandler(players, anything, self._of_players, body_of)
        self.lobbies = CommandHandler(lobbies, anything, self._of_lobbies, body_of)
        self.games = CommandHandler(permitted(GAME_DECIDER), anything, body_of=body_of)
        self._gate = Gate(CommandHandler(permitted(OPERATIONS_DECIDER), anything), store, now)
        self._categories: dict[str, _Category] = {
            PLAYERS: _Category(get_args(players_commands.Command), self.players),
            MAIN_LOBBY: _Category(get_args(lobby_commands.Command), self.lobbies),
            "game": _Category(get_args(game_commands.Command), self.games),
        }
        self._process_file = ProcessFile(folder / "processes.db")
        processes = (
            START_GAME,
            CLOSE_GAME,
            play_bots(self.games.load, self.check_open),
            call_time(self.games.load),
            end_grace(self.games.load),
            expire_games(patience.open_game),
            forget_player(self._erase),
        )
        self.processes: Mapping[str, ProcessRunner[AnyEvent, AnyCommand, Actor]] = {
            one.name: ProcessRunner(one, self.give, self._process_file, self.feed, now, rest)
            for one in processes
        }
        self._builder = builder or BuilderInside(store)
        self.read_models = self._opened(folder / "read-models")

    def runs(self) -> list[Coroutine[None, None, None]]:
        """Every projection and process, and what else is to be run until cancelled."""
        return [
            self._of_players.run(),
            self._of_lobbies.run(),
            run_together([*self.read_models.values()], self._builder),
            *(runner.run() for runner in self.processes.values()),
        ]

    @property
    def is_whole(self) -> bool:
        """Whether log, read models and processes are at work; what is parked is no hindrance."""
        failures: list[object] = [model.status.error for model in self.read_models.values()]
        failures += [runner.failure for runner in self.processes.values()]
        return self.store.trouble is None and not any(failures)

    def close(self) -> None:
        """Save snapshots, and close the files; the store belongs to who opened it."""
        self._of_players.save()
        self._of_lobbies.save()
        self._snapshots.close()
        self._process_file.close()
        for model in self.read_models.values():
            model.close()

    async def give(self, stream: StreamName, issued: Issued[AnyCommand, Actor]) -> Handled:
        """Let a command take effect on a stream.

        Raises:
            WrongStream: The stream takes no such command.
            Frozen: Nothing is recorded for now.
            Forgotten: Who gives it was forgotten.
            Refused: The state forbids it.
            WritesStopped: Nothing is recorded for now, and who gives the command can wait.
            EventSourcingError: See `CommandHandler.handle`.

        Only that clocks stood is recorded while nothing else is: nobody pays for that time.
        """
        category = self._category(stream)
        if category is None or not isinstance(issued.command, category.commands):
            message = f"{stream} takes no command {issued.command.kind}"
            raise WrongStream(message)
        with self._gate.passage():
            if isinstance(issued.by, Player | Guest):
                await self.check_not_forgotten(issued.by.id)
            is_shut = await self._gate.look() is not None
            if is_shut and not isinstance(issued.command, StandClock):
                before = await category.handler.handled_before(stream, issued)
                return before or self._gate.keep_out(issued.by)
            return await category.handler.handle(stream, issued)

    @property
    def frozen(self) -> str | None:
        """The reason for which nothing is recorded; None while everything is.

        It is known once the log was asked: by `begin`, or the first command.
        """
        return self._gate.reason

    async def begin(self) -> None:
        """Find out what has to be known before anybody comes.

        Raises:
            EventSourcingError: Log or keys cannot be read.
        """
        await self._gate.look()
        if self._keyring is not None:
            players = (await self.players.load_sound(PLAYERS)).state
            await asyncio.to_thread(check_keys, players, self._keyring)

    async def freeze(self, reason: str, by: Admin) -> None:
        """Record nothing more: orders are refused, processes wait; after a restart too.

        What was on its way is recorded before this returns, and nothing behind it.

        Raises:
            Refused: It is frozen already, or the reason cannot be shown to players.
            EventSourcingError: See `CommandHandler.handle`.
        """
        await self.check_admin(by)
        await self._gate.close(reason, by)

    async def unfreeze(self, by: Admin) -> None:
        """Let everything go on, and charge nobody for the time since it was frozen.

        Raises:
            Refused: It is not frozen.
            EventSourcingError: See `CommandHandler.handle`.
        """
        await self.check_admin(by)
        since = await self._gate.shut_since()
        if since is not None:
            await stand_clocks(self, since, self._now)
        await self._gate.open(by)

    async def frozen_since(self) -> datetime | None:
        """Since when nothing is recorded; None while everything is.

        Raises:
            EventSourcingError: The log cannot be read.
        """
        return await self._gate.shut_since()

    async def check_open(self, by: Actor) -> None:
        """Say so, with the reason, while nothing is recorded.

        Raises:
            Frozen: To people.
            WritesStopped: To a process, which waits.
        """
        await self._gate.check_open(by)

    def process(self, name: str) -> ProcessRunner[AnyEvent, AnyCommand, Actor]:
        """The process of this name; raises `UnknownProcess`."""
        runner = self.processes.get(name)
        if runner is None:
            message = f"there is no process {name!r}: the processes are {', '.join(self.processes)}"
            raise UnknownProcess(message)
        return runner

    async def forget(self, player: PlayerId, by: Admin) -> Handled:
        """Let nobody know any more what a player was called: no file, and nothing kept in memory.

        The log stays as it is and leads to the same states, with a placeholder for the name. What
        is on its way takes effect, without the name.

        Raises:
            UnknownPlayer: There is no such player.
            EventSourcingError: See `CommandHandler.handle`; once the wish is recorded, a process
                sees to it.
        """
        command_id = CommandId(f"forget:{player}")
        issued = Issued(ForgetPlayer(player), by, self._now(), command_id)
        handled = await self.give(PLAYERS, issued)
        await self._erase(player)
        return handled

    async def version(self, stream: StreamName) -> int | None:
        """The version up to which a stream can be read; None when there can be no such stream."""
        category = self._category(stream)
        return None if category is None else (await category.handler.load_sound(stream)).version

    async def head_at(self, stream: StreamName, version: int) -> bytes | None:
        """The hash of a stream's event at a version, or None if there is none; cheap."""
        category = self._category(stream)
        return None if category is None else await category.handler.head_at(stream, version)

    async def player(self, player: PlayerId) -> Player | None:
        """Who has this id, under the name of this moment.

        When the stream of players is quarantined: under the last name that can be read.
        """
        return (await self.players.load_sound(PLAYERS)).state.by_id.get(player)

    def read_model(self, name: str) -> ReadModel[AnyEvent]:
        """The read model of this name.

        Raises:
            UnknownReadModel: With the names of those there are.
        """
        if name not in self.read_models:
            message = f"there is no read model {name!r}: there are {', '.join(self.read_models)}"
            raise UnknownReadModel(message)
        return self.read_models[name]

    async def rebuild(self, *names: str) -> None:
        """Rebuild read models in one pass over the log; see `rebuild_together`.

        Raises:
            UnknownReadModel: One of the names is none of a read model.
        """
        await rebuild_together([self.read_model(name) for name in names], self._builder)

    async def check_not_forgotten(self, player: PlayerId) -> None:
        """Let nobody in who was forgotten; raises `Forgotten`."""
        check_not_forgotten(player, (await self.players.load_sound(PLAYERS)).state)

    async def check_admin(self, admin: Admin) -> None:
        """Let nobody look after the server who does not have the role now; raises `NotAdmin`."""
        if admin != OPERATOR:
            check_admin(admin, (await self.players.load_sound(PLAYERS)).state)

    async def standing(self, player: PlayerId) -> Standing:
        """What a player has reached in finished games.

        Raises:
            StoreUnavailable: The read model cannot be read.
        """
        return await self.read_model(Standings.name).read(partial(standing_of, player=player))

    def _opened(self, folder: Path) -> Mapping[str, ReadModel[AnyEvent]]:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            message = f"the folder {folder} cannot be made: {error.strerror}"
            raise StoreUnavailable(message) from error
        return {
            projection.name: ReadModel(projection, folder, self.store, self.feed, self._builder)
            for projection in PROJECTIONS
        }

    async def _erase(self, player: PlayerId) -> None:
        """Delete the key of a player, then whatever was read with it; the same again if repeated.

        Without the key nothing with the name is recorded. Who is on the way may have had it still:
        what comes of that has to be there, to be dropped. The list of players needs no care: the
        event has changed the name there.
        """
        if self._keyring is not None:
            await asyncio.to_thread(self._keyring.forget, player)
        await self._gate.until_passed()
        self.feed.drop()
        await self.lobbies.drop()
        await self.games.drop()
        for model in self.read_models.values():
            await model.scrub()

    def _category(self, stream: StreamName) -> _Category | None:
        return self._categories.get(kind_of(stream))


def _snapshots(
    file: SnapshotFile, decider: Decider[Any, Any, Any, S], form: Form[S]
) -> Snapshots[S]:
    """The snapshots of one decider; a change of rules, upcasts or form makes them useless."""
    return Snapshots(file, form, fingerprint_of(decider.evolve, form.write, *CODEC.steps))
