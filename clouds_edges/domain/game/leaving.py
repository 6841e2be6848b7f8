"""What everything that players do has in common, and what follows when they leave."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from clouds_edges.domain.game.events import ClockPressed, Event, GameEnded
from clouds_edges.domain.game.refusals import AlreadyOver, NoSuchGame
from clouds_edges.rules import Ending, Position

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from clouds_edges.domain.actors import Actor
    from clouds_edges.domain.game.state import Game


def begun(game: Game | None) -> Game:
    """The game, whether it goes on or has ended.

    Raises:
        NoSuchGame: It has not begun.
    """
    if game is None:
        message = "no such game has begun"
        raise NoSuchGame(message)
    return game


def running(game: Game | None) -> Game:
    """The game, if it goes on.

    Raises:
        NoSuchGame: It has not begun.
        AlreadyOver: It has ended.
    """
    game = begun(game)
    if game.outcome is not None:
        message = "the game is over, nothing more is accepted"
        raise AlreadyOver(message)
    return game


def seats_in_play(by: Actor, game: Game) -> tuple[int, ...]:
    """The seats for which who has a seat still speaks: at least one; the one to draw first.

    Raises:
        AlreadyOver: They have left the game.
    """
    staying = [seat for seat in game.seats_of(by.id) if seat not in game.position.withdrawn]
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
