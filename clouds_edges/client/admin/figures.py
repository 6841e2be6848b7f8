"""Numbers for people: sizes, lengths of time, bars and small pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.client.admin.marks import Marks

_SIZES: Final = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP: Final = 1024
_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_SMALL: Final = 100


def size(number: float) -> str:
    """Bytes, in a unit that keeps them short.

    >>> size(512), size(6 * 1024 * 1024)
    ('512 bytes', '6.0 MiB')
    """
    unit = 0
    while number >= _STEP and unit < len(_SIZES) - 1:
        number /= _STEP
        unit += 1
    return f"{number:.1f} {_SIZES[unit]}" if unit else f"{number:.0f} {_SIZES[0]}"


def length(seconds: float) -> str:
    """A length of time, in its two largest units.

    >>> length(59), length(3725), length(90_000)
    ('59 s', '1 h 2 min', '1 d 1 h')
    """
    whole = max(int(seconds), 0)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def number(value: int) -> str:
    """A whole number, its digits in threes.

    >>> number(1234567)
    '1 234 567'
    """
    return f"{value:_}".replace("_", " ")


def rate(a_second: float) -> str:
    """A rate; small ones with a decimal, since one event in some seconds is not none."""
    return f"{a_second:.1f}" if a_second < _SMALL else number(round(a_second))


def counted(value: int, one: str, many: str) -> str:
    """A number of things."""
    return f"{number(value)} {one if value == 1 else many}"


def bar(done: int, total: int, width: int, marks: Marks) -> str:
    """A bar with a percentage behind it; 100 % only when all is done."""
    share = 1.0 if total <= 0 else min(max(done / total, 0.0), 1.0)
    filled = int(share * width)
    return f"{marks.full * filled}{marks.empty * (width - filled)} {int(share * 100):3d} %"


def small_picture(values: Sequence[float], width: int, marks: Marks) -> str:
    """The last values as a line of heights; the highest of them fills its cell."""
    shown = values[-width:] if width > 0 else ()
    most = max(shown, default=0.0)
    top = len(marks.heights) - 1
    heights = (_height(value, most, top) for value in shown)
    return "".join(marks.heights[height] for height in heights).rjust(max(width, 0))


def _height(value: float, most: float, top: int) -> int:
    """What is more than nothing is seen."""
    if value <= 0 or most <= 0:
        return 0
    return max(1, round(value / most * top))
