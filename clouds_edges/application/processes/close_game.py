"""A game ended: the lobby forgets it, and its players are free for another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import CLOSE_GAME as ME
from clouds_edges.domain.game.events import GameEnded
from clouds_edges.domain.ids import MAIN_LOBBY, game_in
from clouds_edges.domain.lobby.commands import CloseGame
from clouds_edges.eventsourcing.process import Process, Reaction

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
    from clouds_edges.domain.actors import Actor
    from clouds_edges.eventsourcing.recorded import Recorded


async def _react(recorded: Recorded[AnyEvent]) -> Sequence[Reaction[AnyCommand, Actor]]:
    return [Reaction(MAIN_LOBBY, CloseGame(game_in(recorded.stream)), ME)]


CLOSE_GAME: Final[Process[AnyEvent, AnyCommand, Actor]] = Process(ME.id, (GameEnded,), _react)
