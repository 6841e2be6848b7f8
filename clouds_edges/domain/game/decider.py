"""Who may draw, when a game ends, and what it is worth; the geometry is in `rules`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clouds_edges import rules
from clouds_edges.domain.actors import Actor
from clouds_edges.domain.game.commands import Command, DrawLine, Resign, StartGame
from clouds_edges.domain.game.events import (
    Event,
    GameEnded,
    GameStarted,
    LineDrawn,
    PlayerResigned,
)
from clouds_edges.domain.game.refusals import (
    AlreadyOver,
    AlreadyStarted,
    LineOffBoard,
    LineTaken,
    NoSuchGame,
    NotSeated,
    NotYourTurn,
)
from clouds_edges.domain.game.state import Game
from clouds_edges.eventsourcing.decider import Decider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.eventsourcing.decider import Issued


def decide(issued: Issued[Command, Actor], game: Game | None) -> Sequence[Event]:
    """Start once; then lines in turn by those who sit, until the end."""
    match issued.command:
        case StartGame(board, private, seats, first):
            if game is not None:
                message = "the game has begun already"
                raise AlreadyStarted(message)
            rules.Position.start(board, len(seats), first)  # never record what cannot be folded
            return [GameStarted(board, private, seats, first)]
        case DrawLine(line):
            return _draw(line, issued.by, _running(game))
        case Resign():
            return _resign(issued.by, _running(game))


def evolve(game: Game | None, event: Event) -> Game | None:
    """Apply one event; nothing but a start happens to a game that has not begun."""
    if game is None:
        if isinstance(event, GameStarted):
            position = rules.Position.start(event.board, len(event.seats), event.first)
            return Game(event.seats, event.private, position)
        return None
    match event:
        case GameStarted():
            return game
        case LineDrawn(_, line):
            return replace(game, position=game.position.draw(line), last_line=line)
        case PlayerResigned(seat):
            return replace(game, position=game.position.withdraw(seat))
        case GameEnded(outcome):
            return replace(game, outcome=outcome)


def _running(game: Game | None) -> Game:
    if game is None:
        message = "no such game has begun"
        raise NoSuchGame(message)
    if game.outcome is not None:
        message = "the game is over, nothing more is accepted"
        raise AlreadyOver(message)
    return game


def _draw(line: rules.Line, by: Actor, game: Game) -> list[Event]:
    if game.to_draw.id != by.id:
        _own_seats(by, game)
        message = f"it is {game.to_draw.name}'s turn"
        raise NotYourTurn(message)
    try:
        position = game.position.draw(line)
    except rules.LineOffBoard as error:
        raise LineOffBoard(str(error)) from error
    except rules.LineTaken as error:
        raise LineTaken(str(error)) from error
    return [LineDrawn(game.position.seat_to_draw, line), *_ending(position)]


def _resign(by: Actor, game: Game) -> list[Event]:
    staying = [seat for seat in _own_seats(by, game) if seat not in game.position.withdrawn]
    if not staying:
        message = "you have resigned already"
        raise AlreadyOver(message)
    to_draw = game.position.seat_to_draw
    seat = to_draw if to_draw in staying else staying[0]
    return [PlayerResigned(seat), *_ending(game.position.withdraw(seat))]


def _own_seats(by: Actor, game: Game) -> tuple[int, ...]:
    seats = game.seats_of(by.id)
    if not seats:
        message = "you watch this game, you have no seat in it"
        raise NotSeated(message)
    return seats


def _ending(position: rules.Position) -> list[Event]:
    outcome = position.outcome
    return [] if outcome is None else [GameEnded(outcome)]


GAME_DECIDER: Final[Decider[Command, Actor, Event, Game | None]] = Decider(
    initial=None, decide=decide, evolve=evolve
)
