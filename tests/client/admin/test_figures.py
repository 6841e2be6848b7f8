"""Numbers for people."""

from clouds_edges.client.admin.figures import (
    bar,
    counted,
    length,
    rate,
    size,
    small_picture,
)
from clouds_edges.client.admin.marks import ASCII_MARKS, UNICODE_MARKS


def test_sizes_are_short() -> None:
    assert [size(0), size(1023), size(1024), size(3 * 1024**5)] == [
        "0 bytes",
        "1023 bytes",
        "1.0 KiB",
        "3072.0 TiB",
    ]


def test_lengths_of_time_have_two_units() -> None:
    assert [length(-1), length(61), length(7325)] == ["0 s", "1 min 1 s", "2 h 2 min"]


def test_a_slow_rate_is_not_nothing() -> None:
    assert [rate(0.2), rate(1234.6)] == ["0.2", "1 235"]


def test_one_is_no_plural() -> None:
    assert [counted(1, "event", "events"), counted(1000, "event", "events")] == [
        "1 event",
        "1 000 events",
    ]


def test_a_bar_is_full_only_when_all_is_done() -> None:
    assert bar(1, 2, 4, UNICODE_MARKS) == "██░░  50 %"
    assert bar(999_999, 1_000_000, 4, ASCII_MARKS) == "###-  99 %"
    assert bar(0, 0, 4, ASCII_MARKS) == "#### 100 %"
    assert bar(5, 4, 4, ASCII_MARKS) == "#### 100 %"


def test_the_highest_value_fills_its_cell_and_the_least_is_seen() -> None:
    assert small_picture((0.0, 0.01, 4.0, 8.0), 6, UNICODE_MARKS) == "   ▁▄█"
    assert small_picture((0.0, 1.0), 2, ASCII_MARKS) == " @"


def test_only_the_last_values_are_drawn() -> None:
    assert small_picture((9.0, 1.0, 1.0), 2, ASCII_MARKS) == "@@"
    assert small_picture((1.0,), 0, ASCII_MARKS) == ""
    assert small_picture((), 3, ASCII_MARKS) == "   "
