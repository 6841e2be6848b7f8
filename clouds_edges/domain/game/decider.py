"""Whose turn it is, when a game ends, and what it is worth; the geometry is in `rules`.

Who has a seat at all is asked before: see `permissions`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clouds_edges import rules
from clouds_edges.domain.actors import Actor
from clouds_edges.domain.game.absence import decide_on_absence, evolve_absences
from clouds_edges.domain.game.clock import check_clock
from clouds_edges.domain.game.commands import (
    AcceptDraw,
    CallTime,
    ClaimGame,
    Command,
    DeclineDraw,
    DrawLine,
    EndGrace,
    NoteAbsence,
    NoteReturn,
    OfferDraw,
    Resign,
    StandClock,
    StartGame,
)
from clouds_edges.domain.game.draw_offers import decide_on_offer, evolve_offers
from clouds_edges.domain.game.events import (
    ClockPressed,
    ClockStarted,
    ClockStood,
    DrawAccepted,
    DrawDeclined,
    DrawOffered,
    Event,
    GameClaimed,
    GameEnded,
    GameStarted,
    GraceEnded,
    Later,
    LineDrawn,
    PlayerResigned,
    PlayerReturned,
    PlayerVanished,
    TimeRanOut,
)
from clouds_edges.domain.game.leaving import (
    after_leaving,
    ending,
    pressed,
    running,
    seats_in_play,
    without,
)
from clouds_edges.domain.game.refusals import AlreadyStarted, LineOffBoard, LineTaken, NotYourTurn
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.game.timekeeping import check_time, decide_on_time, evolve_clocks
from clouds_edges.eventsourcing.decider import Decider

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from clouds_edges.eventsourcing.decider import Issued


def decide(issued: Issued[Command, Actor], game: Game | None) -> Sequence[Event]:
    """Start once; then lines in turn, until the end."""
    by, at = issued.by, issued.at
    match issued.command:
        case StartGame() as command:
            return _start(command, at, game)
        case DrawLine(line):
            return _draw(line, by, at, running(game))
        case Resign():
            return _resign(by, at, running(game))
        case OfferDraw() | AcceptDraw() | DeclineDraw() as command:
            return decide_on_offer(command, by, at, running(game))
        case NoteAbsence() | NoteReturn() | EndGrace() | ClaimGame() as command:
            return decide_on_absence(command, by, at, running(game))
        case CallTime() | StandClock() as command:
            return decide_on_time(command, at, running(game))


def evolve(game: Game | None, event: Event) -> Game | None:
    """Apply one event; nothing but a start happens to a game that has not begun."""
    if isinstance(event, GameStarted):
        return _started(event) if game is None else game
    return None if game is None else _evolved(game, event)


def _evolved(game: Game, event: Later) -> Game:
    match event:
        case LineDrawn(_, line):
            position = game.position.draw(line)
            return replace(game, position=position, last_line=line, offer=None, offered=frozenset())
        case PlayerResigned(seat) | TimeRanOut(seat):
            has_resigned = isinstance(event, PlayerResigned)
            why = rules.Ending.RESIGNED if has_resigned else rules.Ending.TIME_RAN_OUT
            return without(game, [seat], why)
        case GameEnded(outcome):
            return replace(game, outcome=outcome)
        case ClockStarted() | ClockPressed() | ClockStood():
            return evolve_clocks(game, event)
        case PlayerVanished() | PlayerReturned() | GraceEnded() | GameClaimed():
            return evolve_absences(game, event)
        case DrawOffered() | DrawAccepted() | DrawDeclined():
            return evolve_offers(game, event)


def _start(command: StartGame, at: datetime, game: Game | None) -> list[Event]:
    if game is not None:
        message = "the game has begun already"
        raise AlreadyStarted(message)
    board, seats, first, clock = command.board, command.seats, command.first, command.clock
    rules.Position.start(board, len(seats), first)  # never record what cannot be folded
    started = GameStarted(board, command.private, seats, first, clock)
    if clock is None:
        return [started]
    check_clock(clock)
    return [started, ClockStarted(at)]


def _started(event: GameStarted) -> Game:
    position = rules.Position.start(event.board, len(event.seats), event.first)
    return Game(event.seats, event.private, position, clock=event.clock)


def _draw(line: rules.Line, by: Actor, at: datetime, game: Game) -> list[Event]:
    if game.to_draw.id != by.id:
        message = f"it is {game.to_draw.name}'s turn"
        raise NotYourTurn(message)
    check_time(game, at)
    try:
        position = game.position.draw(line)
    except rules.LineOffBoard as error:
        raise LineOffBoard(str(error)) from error
    except rules.LineTaken as error:
        raise LineTaken(str(error)) from error
    drawn = LineDrawn(game.position.seat_to_draw, line)
    return [drawn, *pressed(game, position, at), *ending(position)]


def _resign(by: Actor, at: datetime, game: Game) -> list[Event]:
    seat = seats_in_play(by, game)[0]
    return [PlayerResigned(seat), *after_leaving(game, [seat], rules.Ending.RESIGNED, at)]


GAME_DECIDER: Final[Decider[Command, Actor, Event, Game | None]] = Decider(
    initial=None, decide=decide, evolve=evolve
)
