"""Nothing that steers a terminal gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.client.clean_text import REPLACEMENT, cleaned


@pytest.mark.parametrize("text", ["Ann", "Zoë", "日本", "🐀", "b3h, free", "┃ A ┃"])
def test_words_stay_as_they_are(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize("harmful", ["\x1b", "\x9b", "\x07", "\u202e", "\u2066", "\ud800"])
def test_what_steers_is_replaced(harmful: str) -> None:
    assert cleaned(f"a{harmful}b") == f"a{REPLACEMENT}b"


@given(st.text())
def test_the_length_stays(text: str) -> None:
    assert len(cleaned(text)) == len(text)
