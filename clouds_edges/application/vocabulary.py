"""Every command and event there is, how events are stored, and how each stream is folded."""

from __future__ import annotations

from typing import Any, Final, TypeAlias, get_args

from clouds_edges.domain.game import commands as game_commands
from clouds_edges.domain.game import events as game_events
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.ids import MAIN_LOBBY, OPERATIONS, PLAYERS, category_of
from clouds_edges.domain.lobby import commands as lobby_commands
from clouds_edges.domain.lobby import events as lobby_events
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.operations import commands as operations_commands
from clouds_edges.domain.operations import events as operations_events
from clouds_edges.domain.operations.decider import OPERATIONS_DECIDER
from clouds_edges.domain.players import commands as players_commands
from clouds_edges.domain.players import events as players_events
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.eventsourcing.codec import Codec
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.verify import Folding

AnyCommand: TypeAlias = (
    game_commands.Command
    | lobby_commands.Command
    | players_commands.Command
    | operations_commands.Command
)
AnyEvent: TypeAlias = (
    game_events.Event | lobby_events.Event | players_events.Event | operations_events.Event
)


def _without_clock(data: dict[str, Any]) -> dict[str, Any]:
    """Games had no clock before."""
    return {**data, "clock": None}


CODEC: Final[Codec[AnyEvent]] = Codec(
    AnyEvent,
    upcasts={
        "game_opened": (_without_clock,),
        "seats_filled": (_without_clock,),
        "game_started": (_without_clock,),
    },
)


_FOLDINGS: Final[dict[str, Folding]] = {
    PLAYERS: Folding(PLAYERS_DECIDER, get_args(players_events.Event)),
    MAIN_LOBBY: Folding(LOBBY_DECIDER, get_args(lobby_events.Event)),
    "game": Folding(GAME_DECIDER, get_args(game_events.Event)),
    OPERATIONS: Folding(OPERATIONS_DECIDER, get_args(operations_events.Event)),
}


def folding_of(stream: StreamName) -> Folding | None:
    """How a stream is folded, or None when there can be no such stream."""
    return _FOLDINGS.get(kind_of(stream))


def kind_of(stream: StreamName) -> str:
    """Games have a stream each; of players and lobbies there is one."""
    category = category_of(stream)
    return category if category == "game" else stream
