"""The time of day that never jumps while the server runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def steady_clock(
    wall: Callable[[], datetime], monotonic: Callable[[], float]
) -> Callable[[], datetime]:
    """A clock that shows the time of `wall` now, and later as much more as `monotonic` says.

    `monotonic` counts seconds. Whoever sets the clock of the machine meanwhile, for daylight
    saving or by mistake, gives no player time and takes none.
    """
    began, zero = wall(), monotonic()
    return lambda: began + timedelta(seconds=monotonic() - zero)
