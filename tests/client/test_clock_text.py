"""Clocks as people type them, and times as they read them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.client.clock_text import (
    MalformedClock,
    format_clock,
    format_time_left,
    parse_clock,
)
from clouds_edges.domain.game.clock import Clock

counts = st.integers(1, 100_000).map(lambda count: timedelta(seconds=count))
increments = st.integers(0, 600).map(lambda count: timedelta(seconds=count))


@pytest.mark.parametrize(
    ("text", "seconds", "increment"),
    [
        ("10", 600, 0),
        ("5+3", 300, 3),
        (" 5 min + 3 s ", 300, 3),
        ("90s", 90, 0),
        ("90s+5s", 90, 5),
        ("1h+30", 3600, 30),
        ("2M", 120, 0),
    ],
)
def test_a_clock_is_read_in_several_ways(text: str, seconds: int, increment: int) -> None:
    assert parse_clock(text) == Clock(timedelta(seconds=seconds), timedelta(seconds=increment))


@pytest.mark.parametrize(
    "text",
    ["", "5+", "+3", "5-3", "five", "5+3+1", "\N{ARABIC-INDIC DIGIT FIVE}", "1e3", "9999999"],
)
def test_what_is_no_clock_is_said_with_an_example(text: str) -> None:
    with pytest.raises(MalformedClock, match=r"is no clock: write .* as in 5\+3"):
        parse_clock(text)


@given(counts, increments)
def test_a_clock_that_is_written_is_read_the_same(per_player: timedelta, more: timedelta) -> None:
    assert parse_clock(format_clock(Clock(per_player, more))) == Clock(per_player, more)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (0.001, "0:01"), (9.2, "0:10"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00")],
)
def test_only_who_has_no_time_left_has_none_on_the_clock(seconds: float, text: str) -> None:
    assert format_time_left(timedelta(seconds=seconds)) == text
