"""Filters as they are typed, asked for and said."""

from datetime import UTC, datetime

import pytest

from clouds_edges.client.admin.event_filter import (
    EventFilter,
    filter_in_words,
    parse_filter,
    typed_filter,
)
from clouds_edges.client.admin.unreadable import Unreadable

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_an_empty_filter_lets_everything_through() -> None:
    wanted = parse_filter({}, NOW)
    assert wanted == EventFilter()
    assert filter_in_words(wanted) == "all events"
    question = wanted.question(before=None)
    assert (question.event_kind, question.actor, question.newest_first) == (None, None, True)


def test_a_filter_becomes_a_question() -> None:
    typed = {"stream": " game/ ", "kind": "line_drawn", "actor": "ann", "since": "-2h"}
    question = parse_filter(typed, NOW).question(before=9, limit=5)
    assert (question.stream_prefix, question.event_kind, question.actor) == (
        "game/",
        "line_drawn",
        "ann",
    )
    assert question.since == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert (question.until, question.before, question.limit) == (None, 9, 5)


def test_a_filter_is_said_in_words() -> None:
    wanted = parse_filter({"stream": "game/", "actor": "ann", "until": "10:00"}, NOW)
    assert filter_in_words(wanted) == "stream game/*, by ann, until 2026-11-24 10:00:00"


def test_a_filter_can_be_typed_again() -> None:
    wanted = EventFilter("game/", "line_drawn", "ann", NOW.replace(hour=1), NOW)
    assert parse_filter(typed_filter(wanted), NOW) == wanted


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [
        ({"since": "soon"}, "since: 'soon' is no time"),
        ({"until": "25:00"}, "until: '25:00' is no time"),
        ({"since": "11:00", "until": "10:00"}, "until: .* is not after"),
        ({"stream": "x" * 201}, "stream begins with: at most 200"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_part(typed: dict[str, str], trouble: str) -> None:
    with pytest.raises(Unreadable, match=trouble):
        parse_filter(typed, NOW)
