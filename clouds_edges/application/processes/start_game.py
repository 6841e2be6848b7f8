"""Seats filled: the game starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import START_GAME as ME
from clouds_edges.domain.game.commands import StartGame
from clouds_edges.domain.ids import game_stream
from clouds_edges.domain.lobby.events import SeatsFilled
from clouds_edges.eventsourcing.process import Process, Reaction

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyCommand, AnyEvent
    from clouds_edges.domain.actors import Actor
    from clouds_edges.eventsourcing.recorded import Recorded


async def _react(recorded: Recorded[AnyEvent]) -> Sequence[Reaction[AnyCommand, Actor]]:
    match recorded.event:
        case SeatsFilled(game, board, private, taken, first, clock):
            command = StartGame(board, private, taken, first, clock)
            return [Reaction(game_stream(game), command, ME)]
        case _:
            return []


START_GAME: Final[Process[AnyEvent, AnyCommand, Actor]] = Process(ME.id, (SeatsFilled,), _react)
