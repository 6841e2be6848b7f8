"""The list of everything the server is made of: deciders, projections, processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast, get_args

import apsw

from clouds_edges.application.private_bodies import private_bodies
from clouds_edges.application.processes.close_game import CLOSE_GAME
from clouds_edges.application.processes.forget_player import forget_player
from clouds_edges.application.processes.play_bots import play_bots
from clouds_edges.application.processes.start_game import START_GAME
from clouds_edges.application.projections.standings import Standing, Standings, standing_of
from clouds_edges.application.snapshot_forms import lobby_form, players_form
from clouds_edges.domain.actors import Actor, Admin, Guest, Player
from clouds_edges.domain.game import commands as game_commands
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, PlayerId, category_of
from clouds_edges.domain.lobby import commands as lobby_commands
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.players import commands as players_commands
from clouds_edges.domain.players import events as players_events
from clouds_edges.domain.players.commands import ForgetPlayer
from clouds_edges.domain.players.decider import PLAYERS_DECIDER, check_not_forgotten
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.command_handler import CommandHandler, Handled, plain_body
from clouds_edges.eventsourcing.decider import CommandId, Decider, Issued, Refused, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.process import ProcessRunner
from clouds_edges.eventsourcing.projection import CheckpointFile, ProjectionRunner
from clouds_edges.eventsourcing.snapshots import Form, SnapshotFile, Snapshots, fingerprint_of
from clouds_edges.eventsourcing.store import EventStore

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from clouds_edges.eventsourcing.keyring import Keyring

AnyCommand: TypeAlias = game_commands.Command | lobby_commands.Command | players_commands.Command
AnyEvent: TypeAlias = game_events.Event | lobby_events.Event | players_events.Event

S = TypeVar("S")

CODEC: Final[Codec[AnyEvent]] = Codec(AnyEvent)


class WrongStream(Refused):
    """The stream takes no such command, or there is no such stream."""

    code = "wrong_stream"


@dataclass(frozen=True, slots=True)
class _Category:
    """The commands that streams of one kind take, and what handles them."""

    commands: tuple[type, ...]
    handler: CommandHandler[Any, Actor, Any, Any]
    """Of the commands in `commands` only, which `System.give` checks."""


class System:
    """The whole server core on one store; knows nothing of sockets."""

    def __init__(
        self,
        store: EventStore[AnyEvent],
        folder: Path,
        now: Callable[[], datetime],
        keyring: Keyring | None = None,
    ) -> None:
        """Build everything; `folder` holds the files that could be made again from the log.

        The keyring is the one with which the store seals names, if it does.
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
        self.players = CommandHandler(PLAYERS_DECIDER, anything, self._of_players, body_of)
        self.lobbies = CommandHandler(LOBBY_DECIDER, anything, self._of_lobbies, body_of)
        self.games = CommandHandler(GAME_DECIDER, anything)
        self._categories: dict[str, _Category] = {
            PLAYERS: _Category(get_args(players_commands.Command), self.players),
            MAIN_LOBBY: _Category(get_args(lobby_commands.Command), self.lobbies),
            "game": _Category(get_args(game_commands.Command), self.games),
        }
        self._read_models = CheckpointFile(folder / "read-models.db")
        self._checkpoints = CheckpointFile(folder / "processes.db")
        self._reading = self._read_models.reader()
        self._projections = [ProjectionRunner(Standings(), self._read_models, self.feed)]
        self._processes = [
            ProcessRunner(process, self.give, self._checkpoints, self.feed, now)
            for process in (
                START_GAME,
                CLOSE_GAME,
                play_bots(self.games.load),
                forget_player(self._erase),
            )
        ]

    def runs(self) -> list[Coroutine[None, None, None]]:
        """Every projection and process, and what else is to be run until cancelled."""
        return [
            self._of_players.run(),
            self._of_lobbies.run(),
            *(runner.run() for runner in self._projections),
            *(runner.run() for runner in self._processes),
        ]

    @property
    def is_whole(self) -> bool:
        """Whether every projection and process is still at work."""
        failures = [runner.failure for runner in self._projections]
        failures += [runner.failure for runner in self._processes]
        return not any(failures)

    def close(self) -> None:
        """Save snapshots, and close the files; the store belongs to who opened it."""
        self._of_players.save()
        self._of_lobbies.save()
        self._snapshots.close()
        self._reading.close()
        self._read_models.close()
        self._checkpoints.close()

    async def give(self, stream: StreamName, issued: Issued[AnyCommand, Actor]) -> Handled:
        """Let a command take effect on a stream.

        Raises:
            WrongStream: The stream takes no such command.
            Forgotten: Who gives it was forgotten.
            Refused: The state forbids it.
            EventSourcingError: See `CommandHandler.handle`.
        """
        category = self._category(stream)
        if category is None or not isinstance(issued.command, category.commands):
            message = f"{stream} takes no command {issued.command.kind}"
            raise WrongStream(message)
        if isinstance(issued.by, Player | Guest):
            await self.check_not_forgotten(issued.by.id)
        return await category.handler.handle(stream, issued)

    async def forget(self, player: PlayerId, by: Admin) -> Handled:
        """Let nobody know any more what a player was called: no file, and nothing in memory.

        The log stays as it is and leads to the same states, with a placeholder for the name.

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
        """The version of a stream now, or None when there can be no such stream."""
        category = self._category(stream)
        return None if category is None else (await category.handler.load(stream)).version

    async def player(self, player: PlayerId) -> Player | None:
        """Who has this id, under the name of this moment.

        When the stream of players is quarantined: under the last name that can be read.
        """
        return (await self.players.load_sound(PLAYERS)).state.by_id.get(player)

    async def check_not_forgotten(self, player: PlayerId) -> None:
        """Let nobody in who was forgotten; raises `Forgotten`."""
        check_not_forgotten(player, (await self.players.load_sound(PLAYERS)).state)

    def standing(self, player: PlayerId) -> Standing:
        """What a player has reached in finished games, as far as the read model has come.

        Raises:
            StoreUnavailable: The read model cannot be read.
        """
        try:
            return standing_of(player, self._reading)
        except apsw.Error as error:
            message = f"the read model of standings cannot be read: {error}"
            raise StoreUnavailable(message) from error

    async def _erase(self, player: PlayerId) -> None:
        """Delete the key of a player, then whatever was read with it; the same again if repeated.

        The list of players needs no care: the event has changed the name there.
        """
        if self._keyring is not None:
            await asyncio.to_thread(self._keyring.forget, player)
        self.feed.drop()
        await self.lobbies.drop()
        await self.games.drop()

    def _category(self, stream: StreamName) -> _Category | None:
        """Games have a stream each; of players and lobbies there is one."""
        category = category_of(stream)
        return self._categories.get(category if category == "game" else stream)


def _snapshots(
    file: SnapshotFile, decider: Decider[Any, Any, Any, S], form: Form[S]
) -> Snapshots[S]:
    """The snapshots of one decider; a change of rules, upcasts or form makes them useless."""
    return Snapshots(file, form, fingerprint_of(decider.evolve, form.write, *CODEC.steps))
