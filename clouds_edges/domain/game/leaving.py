"""What everything that players do has in common: who may, and what follows when they leave."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from clouds_edges.domain.game.events import ClockPressed, Event, GameEnded
from clouds_edges.domain.game.refusals import AlreadyOver, NoSuchGame, NotSeated
from clouds_edges.rules import Ending, Position

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from clouds_edges.domain.actors import Actor
    from clouds_edges.domain.game.state import Game


def running(game: Game | None) -> Game:
    """The game, if it goes on.

    Raises:
        NoSuchGame: It has not begun.
        AlreadyOver: It has ended.
    """
    if game is None:
        message = "no such game has begun"
        raise NoSuchGame(message)
    if game.outcome is not None:
        message = "the game is over, nothing more is accepted"
        raise AlreadyOver(message)
    return game


def own_seats(by: Actor, game: Game) -> tuple[int, ...]:
    """The seats of somebody, whether they have left the game or not: at least one.

    Raises:
        NotSeated: They only watch.
    """
    seats = game.seats_of(by.id)
    if not seats:
        message = "you watch this game, you have no seat in it"
        raise NotSeated(message)
    return seats


def seats_in_play(by: Actor, game: Game) -> tuple[int, ...]:
    """The seats for which somebody may speak: at least one; the one to draw first.

    Raises:
        NotSeated: They only watch.
        AlreadyOver: They have left the game.
    """
    staying = [seat for seat in own_seats(by, game) if seat not in game.position.withdrawn]
    if not staying:
        message = "you are out of this game already"
        raise AlreadyOver(message)
    return tuple(sorted(staying, key=lambda seat: seat != game.position.seat_to_draw))


def pressed(game: Game, after: Position, at: datetime) -> list[Event]:
    """What the seat to draw has left once the game is at the position `after`."""
    if game.clock is None or game.clocks is None:
        return []
    seat = game.position.seat_to_draw
    left = game.clocks.left_at(at, seat)
    if after.seat_to_draw != seat and seat not in after.withdrawn:
        left += game.clock.increment
    return [ClockPressed(seat, left, max(at, game.clocks.since))]


def after_leaving(game: Game, seats: Iterable[int], why: Ending, at: datetime) -> list[Event]:
    """What follows when these seats leave: the turn passes, or the game ends."""
    position = reduce(Position.withdraw, seats, game.position)
    is_turn_over = position.is_over or game.position.seat_to_draw in position.withdrawn
    return [*(pressed(game, position, at) if is_turn_over else ()), *ending(position, why)]


def ending(position: Position, why: Ending = Ending.RESIGNED) -> list[Event]:
    """The end of the game, if this is it; `why` all others have left, if they have."""
    outcome = position.outcome
    if outcome is None:
        return []
    return [GameEnded(outcome if position.is_full else replace(outcome, ending=why))]


def without(game: Game, seats: Iterable[int], why: Ending) -> Game:
    """The game after these seats have left; an offer of a draw was made to another company."""
    leaving = tuple(seats)
    return replace(
        game,
        position=reduce(Position.withdraw, leaving, game.position),
        departures={**game.departures, **dict.fromkeys(leaving, why)},
        offer=None,
    )
