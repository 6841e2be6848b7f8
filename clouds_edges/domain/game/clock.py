"""How much time a game gives, and how much of it each seat has left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from clouds_edges.domain.game.refusals import ClockImpossible

LEAST_TIME: Final = timedelta(seconds=1)
MOST_TIME: Final = timedelta(hours=24)
MOST_INCREMENT: Final = timedelta(minutes=10)
_NONE: Final = timedelta(0)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that each player gets for a whole game, and what every turn adds to it.

    The increment comes when a turn ends (Bobby Fischer, US patent 4,884,255): whoever closes a
    box and draws again gets it once.
    """

    per_player: timedelta
    increment: timedelta = _NONE


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of every seat: what was left at `since`, from when on the seat to draw pays."""

    left: tuple[timedelta, ...]
    since: datetime

    @classmethod
    def start(cls, clock: Clock, seats: int, at: datetime) -> Clocks:
        """Everybody has all their time."""
        return cls((clock.per_player,) * seats, at)

    def left_at(self, at: datetime, seat_to_draw: int) -> timedelta:
        """What the seat to draw has left; never less than none, and never more than before.

        A time before `since` counts as `since`: a clock that is put back gives nobody time.
        """
        return max(_NONE, self.left[seat_to_draw] - max(_NONE, at - self.since))

    def runs_out(self, seat_to_draw: int) -> datetime:
        """When the time of the seat to draw is over, if it draws nothing."""
        return self.since + self.left[seat_to_draw]

    def pressed(self, seat: int, left: timedelta, at: datetime) -> Clocks:
        """Another turn begins at this time, and this seat has so much left."""
        return replace(self, left=(*self.left[:seat], left, *self.left[seat + 1 :]), since=at)


def check_clock(clock: Clock) -> None:
    """Refuse a clock with which nobody can play, or that nobody can read.

    Raises:
        ClockImpossible: Too little or too much time, or parts of a second.
    """
    is_fair = LEAST_TIME <= clock.per_player <= MOST_TIME
    is_plain = not (clock.per_player % _SECOND or clock.increment % _SECOND)
    if not (is_fair and is_plain and _NONE <= clock.increment <= MOST_INCREMENT):
        message = (
            f"a clock gives each player {LEAST_TIME.seconds} second to "
            f"{MOST_TIME // timedelta(hours=1)} hours, and adds up to "
            f"{MOST_INCREMENT // timedelta(minutes=1)} minutes a turn, in whole seconds"
        )
        raise ClockImpossible(message)
