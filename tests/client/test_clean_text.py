"""Nothing that steers a terminal, hides or deceives gets through; there is one definition of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from clouds_edges.client.clean_text import REPLACEMENT, cleaned
from clouds_edges.client.widgets.clean_filter import CleanText
from clouds_edges.domain.players.looks import AVATARS
from clouds_edges.domain.players.names import check_name
from clouds_edges.domain.refusals import NameUnacceptable

BLACK = Color(0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "Ann",
        "Zoë",
        "日本",
        "सुनीता",
        "สมชาย",
        "b3h, free",
        "┃ A ┃",
        "q\u0323\u0308",
        "[/]",
        *AVATARS,
    ],
)
def test_words_stay_as_they_are(text: str) -> None:
    assert cleaned(text) == text


@pytest.mark.parametrize(
    ("harmful", "what"),
    [
        ("\x1b", "escape"),
        ("\x00", "control"),
        ("\n", "line break"),
        ("\x07", "bell"),
        ("\x7f", "delete"),
        ("\x9b", "C1: begins a sequence"),
        ("\u202e", "bidi override"),
        ("\u2066", "bidi isolate"),
        ("\u061c", "bidi mark"),
        ("\u200b", "zero-width space"),
        ("\u200d", "zero-width joiner"),
        ("\ufeff", "byte order mark"),
        ("\u00ad", "soft hyphen"),
        ("\U000e0041", "tag, which shows as nothing"),
        ("\u3164", "letter that shows as nothing"),
        ("\ufe0f", "variation selector"),
        ("\u2028", "line separator"),
        ("\ud800", "lone surrogate"),
        ("\ue000", "private use"),
        ("\U0010ffff", "no character"),
    ],
)
def test_what_is_not_clean_is_replaced(harmful: str, what: str) -> None:
    del what
    assert cleaned(f"a{harmful}b") == f"a{REPLACEMENT}b"


def test_marks_pile_up_no_higher_than_on_names() -> None:
    assert cleaned("a" + "\u0301" * 5 + "b") == "a" + "\u0301" * 2 + REPLACEMENT * 3 + "b"


@given(st.text())
def test_the_length_stays_and_nothing_is_left_to_clean(text: str) -> None:
    clean = cleaned(text)
    assert len(clean) == len(text)
    assert cleaned(clean) == clean


@given(st.text(alphabet=st.characters(categories=["L", "Nd", "Mn", "Mc"]), max_size=6))
def test_every_name_that_is_allowed_is_clean(name: str) -> None:
    try:
        check_name(name)
    except NameUnacceptable:
        return
    assert cleaned(name) == name


@given(st.text())
def test_on_a_screen_a_line_stays_as_wide_as_it_is_laid_out(text: str) -> None:
    (shown,) = CleanText().apply([Segment(text)], BLACK)
    assert cell_len(shown.text) == cell_len(text)
    assert cleaned(shown.text) == shown.text
