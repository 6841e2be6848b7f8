"""Clocks and times as people type and read them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from clouds_edges.domain.game.clock import Clock

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)
_UNITS: Final = {"s": _SECOND, "min": _MINUTE, "m": _MINUTE, "h": _HOUR, "": _MINUTE}
_CLOCK: Final = re.compile(r"(\d{1,6}) ?(s|min|m|h|) ?(?:\+ ?(\d{1,4}) ?s?)?", re.ASCII)


class MalformedClock(ValueError):
    """Text that names no clock."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no clock: write minutes + seconds a turn, as in 5+3")


def parse_clock(text: str) -> Clock:
    """Read a clock: `10` or `5+3` (minutes a player + seconds a turn), `90s`, `1h+30`.

    >>> parse_clock("5+3") == Clock(timedelta(minutes=5), timedelta(seconds=3))
    True

    Raises:
        MalformedClock: It is none.
    """
    found = _CLOCK.fullmatch(text.strip().lower())
    if found is None:
        raise MalformedClock(text)
    count, unit, increment = found.groups()
    return Clock(int(count) * _UNITS[unit], int(increment or 0) * _SECOND)


def format_clock(clock: Clock) -> str:
    """Write a clock, so that `parse_clock` reads it again.

    >>> format_clock(Clock(timedelta(minutes=5), timedelta(seconds=3)))
    '5 min + 3 s'
    """
    added = f" + {clock.increment // _SECOND} s" if clock.increment else ""
    for name, unit in (("h", _HOUR), ("min", _MINUTE)):
        if clock.per_player % unit == timedelta(0):
            return f"{clock.per_player // unit} {name}{added}"
    return f"{clock.per_player // _SECOND} s{added}"


def format_time_left(left: timedelta) -> str:
    """Minutes and seconds, begun ones counted: only who has no time left has 0:00.

    >>> format_time_left(timedelta(seconds=59.5)), format_time_left(timedelta(hours=1, seconds=2))
    ('1:00', '1:00:02')
    """
    seconds = -(-left // _SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
