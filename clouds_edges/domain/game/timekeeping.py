"""The clock of a game: it runs for who is to draw, and stands while the server is away."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clouds_edges.domain.game.clock import Clocks
from clouds_edges.domain.game.commands import CallTime, ClockCommand, StandClock
from clouds_edges.domain.game.events import (
    ClockEvent,
    ClockPressed,
    ClockStarted,
    ClockStood,
    Event,
    TimeRanOut,
)
from clouds_edges.domain.game.leaving import after_leaving
from clouds_edges.domain.game.refusals import OutOfTime
from clouds_edges.rules import Ending

if TYPE_CHECKING:
    from clouds_edges.domain.game.state import Game


def decide_on_time(command: ClockCommand, at: datetime, game: Game) -> list[Event]:
    """Call the time of who has none left, or let the clock stand."""
    match command:
        case CallTime():
            if not is_out_of_time(game, at):
                return []
            seat = game.position.seat_to_draw
            return [TimeRanOut(seat), *after_leaving(game, [seat], Ending.TIME_RAN_OUT, at)]
        case StandClock(since, until):
            if game.clocks is None and not game.graces:
                return []
            return [ClockStood(max(since, *_known_times(game, since)), until)]


def evolve_clocks(game: Game, event: ClockEvent) -> Game:
    """Follow the clocks; a game without any has none to follow."""
    match event:
        case ClockStarted(at):
            if game.clock is None:
                return game
            return replace(game, clocks=Clocks.start(game.clock, len(game.seats), at))
        case ClockPressed(seat, left, at):
            clocks = game.clocks
            return game if clocks is None else replace(game, clocks=clocks.pressed(seat, left, at))
        case ClockStood(since, until):
            return _stood(game, since, until)


def check_time(game: Game, at: datetime) -> None:
    """Refuse a line that comes too late.

    Raises:
        OutOfTime: Who is to draw has no time left.
    """
    if is_out_of_time(game, at):
        message = "your time has run out"
        raise OutOfTime(message)


def is_out_of_time(game: Game, at: datetime) -> bool:
    """Whether who is to draw has no time left."""
    clocks, seat = game.clocks, game.position.seat_to_draw
    return clocks is not None and not clocks.left_at(at, seat)


def _known_times(game: Game, since: datetime) -> list[datetime]:
    """When the server was there for sure, whatever it believes itself."""
    times = [absence.since for absence in game.absences.values()]
    return [*times, since if game.clocks is None else game.clocks.since]


def _stood(game: Game, since: datetime, until: datetime) -> Game:
    """Who was to draw pays until `since`, and from `until` on; a grace lasts as much longer."""
    clocks, seat = game.clocks, game.position.seat_to_draw
    if clocks is not None:
        clocks = clocks.pressed(seat, clocks.left_at(since, seat), until)
    away: timedelta = until - since
    absences = {
        absent: replace(absence, since=absence.since + away, until=absence.until + away)
        if absence.has_grace
        else absence
        for absent, absence in game.absences.items()
    }
    return replace(game, clocks=clocks, absences=absences)
