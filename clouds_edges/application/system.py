"""The list of everything the server is made of: deciders, projections, processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast, get_args

from clouds_edges.application.processes.close_game import CLOSE_GAME
from clouds_edges.application.processes.play_bots import play_bots
from clouds_edges.application.processes.start_game import START_GAME
from clouds_edges.application.projections.activity import Activity
from clouds_edges.application.projections.games import Games
from clouds_edges.application.projections.players import Players
from clouds_edges.application.projections.standings import Standing, Standings, standing_of
from clouds_edges.domain.actors import Actor
from clouds_edges.domain.game import commands as game_commands
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, PlayerId, category_of
from clouds_edges.domain.lobby import commands as lobby_commands
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.players import commands as players_commands
from clouds_edges.domain.players import events as players_events
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.command_handler import CommandHandler, Handled
from clouds_edges.eventsourcing.decider import Issued, Refused, StreamName
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.feed import Feed
from clouds_edges.eventsourcing.process import ProcessRunner
from clouds_edges.eventsourcing.projection import CheckpointFile, Projection
from clouds_edges.eventsourcing.read_model import ReadModel, run_together
from clouds_edges.eventsourcing.rebuild import Builder, BuilderInside, rebuild_together
from clouds_edges.eventsourcing.rebuild_process import Parts
from clouds_edges.eventsourcing.store import EventStore

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from clouds_edges.domain.actors import Player

AnyCommand: TypeAlias = game_commands.Command | lobby_commands.Command | players_commands.Command
AnyEvent: TypeAlias = game_events.Event | lobby_events.Event | players_events.Event

CODEC: Final[Codec[AnyEvent]] = Codec(AnyEvent)
PROJECTIONS: Final[tuple[Projection[AnyEvent], ...]] = (
    Players(),
    Games(),
    Standings(),
    Activity(),
)


def building_parts() -> Parts[AnyEvent]:
    """What a process of its own needs to build read models."""
    return Parts(CODEC, PROJECTIONS)


class UnknownReadModel(Refused):
    """There is no read model of this name."""

    code = "unknown_read_model"


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
        builder: Builder[AnyEvent] | None = None,
    ) -> None:
        """Build everything; `folder` holds the files that could be made again from the log.

        Raises:
            StoreUnavailable: A file cannot be opened or made.
        """
        anything = cast("EventStore[Any]", store)  # a stream holds the events of its decider only
        self.store = store
        self.feed = Feed(store)
        self.players = CommandHandler(PLAYERS_DECIDER, anything)
        self.lobbies = CommandHandler(LOBBY_DECIDER, anything)
        self.games = CommandHandler(GAME_DECIDER, anything)
        self._categories: dict[str, _Category] = {
            PLAYERS: _Category(get_args(players_commands.Command), self.players),
            MAIN_LOBBY: _Category(get_args(lobby_commands.Command), self.lobbies),
            "game": _Category(get_args(game_commands.Command), self.games),
        }
        self._builder = builder or BuilderInside(store)
        self.read_models = self._opened(folder / "read-models")
        self._checkpoints = CheckpointFile(folder / "processes.db")
        self._processes = [
            ProcessRunner(process, self.give, self._checkpoints, self.feed, now)
            for process in (START_GAME, CLOSE_GAME, play_bots(self.games.load))
        ]

    def runs(self) -> list[Coroutine[None, None, None]]:
        """Every projection and process, to be run until cancelled."""
        return [
            run_together([*self.read_models.values()], self._builder),
            *(runner.run() for runner in self._processes),
        ]

    @property
    def is_whole(self) -> bool:
        """Whether every projection and process is still at work."""
        failures: list[object] = [model.status.error for model in self.read_models.values()]
        failures += [runner.failure for runner in self._processes]
        return not any(failures)

    def close(self) -> None:
        """Close the files; the store belongs to who opened it."""
        for model in self.read_models.values():
            model.close()
        self._checkpoints.close()

    async def give(self, stream: StreamName, issued: Issued[AnyCommand, Actor]) -> Handled:
        """Let a command take effect on a stream.

        Raises:
            WrongStream: The stream takes no such command.
            Refused: The state forbids it.
            EventSourcingError: See `CommandHandler.handle`.
        """
        category = self._category(stream)
        if category is None or not isinstance(issued.command, category.commands):
            message = f"{stream} takes no command {issued.command.kind}"
            raise WrongStream(message)
        return await category.handler.handle(stream, issued)

    async def version(self, stream: StreamName) -> int | None:
        """The version of a stream now, or None when there can be no such stream."""
        category = self._category(stream)
        return None if category is None else (await category.handler.load(stream)).version

    async def player(self, player: PlayerId) -> Player | None:
        """Who has this id, under the name of this moment."""
        return (await self.players.load(PLAYERS)).state.by_id.get(player)

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

    def _category(self, stream: StreamName) -> _Category | None:
        """Games have a stream each; of players and lobbies there is one."""
        category = category_of(stream)
        return self._categories.get(category if category == "game" else stream)
