"""Times as operators read and type them: in UTC, like everything the program writes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Final

from clouds_edges.client.admin.unreadable import Unreadable

EXAMPLES: Final = "2026-11-24 10:00, 10:00 for today, or -2h for two hours ago"

_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_AGO: Final = re.compile(r"-\s*((?:\d+\s*[smhdw]\s*)+)", re.ASCII)
_PART: Final = re.compile(r"(\d+)\s*([smhdw])", re.ASCII)
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d)?", re.ASCII)


def parse_moment(text: str, now: datetime) -> datetime:
    """The time that somebody means at this moment.

    A date (then its first moment), with or without a time; a time of today; or how long ago. What
    names no offset is in UTC.

    >>> now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> parse_moment("-1h30m", now).isoformat()
    '2026-11-24T10:30:00+00:00'

    Raises:
        Unreadable: It is none of these, or no such day exists.
    """
    written = text.strip()
    try:
        if ago := _AGO.fullmatch(written.lower()):
            return now.astimezone(UTC) - _length(ago[1])
        if _CLOCK.fullmatch(written):
            at = time.fromisoformat(written if written[2] == ":" else f"0{written}")
            return datetime.combine(now.astimezone(UTC).date(), at, UTC)
        found = datetime.fromisoformat(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = f"{text!r} is no time: write {EXAMPLES}"
        raise Unreadable(message) from error


def format_moment(at: datetime) -> str:
    """A time in UTC, to the second; `parse_moment` reads it.

    >>> format_moment(datetime(2026, 11, 24, 10, 30, 5, tzinfo=UTC))
    '2026-11-24 10:30:05'
    """
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def format_exactly(at: datetime) -> str:
    """A time in UTC with everything that is known of it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def _length(text: str) -> timedelta:
    parts = (int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return sum(parts, timedelta())
