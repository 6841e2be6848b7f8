"""Times that operators type."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.client.admin.moments import format_exactly, format_moment, parse_moment
from clouds_edges.client.admin.unreadable import Unreadable

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-24 10:00", "2026-11-24 10:00:00"),
        ("2026-11-24T10:00:05", "2026-11-24 10:00:05"),
        ("2026-11-24", "2026-11-24 00:00:00"),
        ("2026-11-24 10:00+02:00", "2026-11-24 08:00:00"),
        ("2026-11-24T10:00Z", "2026-11-24 10:00:00"),
        ("10:00", "2026-11-24 10:00:00"),
        ("9:05", "2026-11-24 09:05:00"),
        ("9:05:30", "2026-11-24 09:05:30"),
        ("-2h", "2026-11-24 10:30:00"),
        ("-1d 12h", "2026-11-23 00:30:00"),
        ("- 90 S", "2026-11-24 12:28:30"),
        ("-1w", "2026-11-17 12:30:00"),
        ("  -5m ", "2026-11-24 12:25:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(typed: str, meant: str) -> None:
    assert format_moment(parse_moment(typed, NOW)) == meant


@pytest.mark.parametrize(
    "typed", ["", "yesterday", "25:00", "2026-02-30", "-2x", "-", "2h", "-99999999w", "-٣h", "1:2"]
)
def test_what_is_no_time_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Unreadable, match="2026-11-24 10:00"):
        parse_moment(typed, NOW)


def test_the_clock_of_another_zone_is_that_of_utc() -> None:
    now = NOW.astimezone(timezone(timedelta(hours=14)))
    assert parse_moment("10:00", now) == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert format_exactly(now) == "2026-11-24 12:30:00.000000 UTC"


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - Hypothesis wants it naive
def test_every_time_that_is_shown_can_be_typed(at: datetime) -> None:
    whole = at.replace(microsecond=0)
    assert parse_moment(format_moment(whole), NOW) == whole
