"""Which rows of a table are wanted: typed, asked for and said."""

import pytest

from clouds_edges.client.admin.rows_wanted import (
    RowsWanted,
    parse_rows_wanted,
    rows_wanted_in_words,
    typed_rows_wanted,
)
from clouds_edges.client.admin.unreadable import Unreadable


def test_nothing_typed_means_the_first_page_of_everything() -> None:
    wanted = parse_rows_wanted({})
    assert wanted == RowsWanted()
    question = wanted.question("events.db", "events", None)
    assert (question.start, question.prefix, question.limit) == (None, "", 100)
    assert rows_wanted_in_words(wanted) == "100 a page"


def test_rows_can_be_typed_again() -> None:
    wanted = RowsWanted("game/", "game/m", 7, reverse=True)
    assert parse_rows_wanted(typed_rows_wanted(wanted)) == wanted
    assert rows_wanted_in_words(wanted) == "from game/m, key game/*, 7 a page, backwards"


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [
        ({"limit": "0"}, "from 1 to 500"),
        ({"limit": "501"}, "from 1 to 500"),
        ({"limit": "٣"}, "from 1 to 500"),
        ({"limit": "9" * 5000}, "from 1 to 500"),
        ({"reverse": "perhaps"}, "yes or no"),
        ({"prefix": "x" * 201}, "at most 200"),
    ],
)
def test_what_makes_no_sense_is_refused(typed: dict[str, str], trouble: str) -> None:
    with pytest.raises(Unreadable, match=trouble):
        parse_rows_wanted(typed)
