import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.domain.actors import BotLevel, bot_seat
from clouds_edges.domain.players.names import WIDEST_NAME, check_name, skeleton
from clouds_edges.domain.refusals import NameUnacceptable


@pytest.mark.parametrize(
    "name",
    [
        "A", "7", "Ann", "Ann Lee", "ann_lee-2.0", "O'Neil", "Zoë", "Łukasz", "Ольга", "محمد",
        "דוד", "सुनीता", "สมชาย", "田中さくら", "김민준", "x" * WIDEST_NAME,
        "田" * (WIDEST_NAME // 2),
        "q\u0323\u0308",
    ],
)  # fmt: skip
def test_names_of_people_are_accepted(name: str) -> None:
    check_name(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("", "1 to 24 cells wide, this one is 0"),
        ("x" * 25, "1 to 24 cells wide, this one is 25"),
        ("田" * 13, "1 to 24 cells wide, this one is 26"),
        ("x" * 100_000, "this one is 100000"),
        (unicodedata.normalize("NFD", "Zoë"), "NFC"),
        (" Ann", "begin or end with a space"),
        ("Ann ", "begin or end with a space"),
        ("Ann  Lee", "two in a row"),
        (" ", "begin or end with a space"),
        ("...", "at least one letter or digit"),
        ("-_.'", "at least one letter or digit"),
    ],
)
def test_a_name_that_breaks_a_rule_is_refused_with_the_rule(name: str, rule: str) -> None:
    with pytest.raises(NameUnacceptable, match=rule):
        check_name(name)


@pytest.mark.parametrize(
    ("character", "what"),
    [
        ("\x00", "control"),
        ("\x1b", "escape"),
        ("\n", "newline"),
        ("\t", "tab"),
        ("\x7f", "delete"),
        ("\x9b", "C1: begins an escape sequence"),
        ("\u200b", "zero-width space"),
        ("\u200d", "zero-width joiner"),
        ("\u202e", "bidi override"),
        ("\u2066", "bidi isolate"),
        ("\u061c", "bidi mark"),
        ("\ufeff", "byte order mark"),
        ("\u00ad", "soft hyphen"),
        ("\u2028", "line separator"),
        ("\u00a0", "no-break space"),
        ("\u3000", "ideographic space"),
        ("\ud800", "lone surrogate"),
        ("\ue000", "private use"),
        ("\U0010ffff", "no character"),
        ("[", "markup"),
        ("/", "slash"),
        ("\\", "backslash"),
        ("@", "at"),
        ("🐘", "emoji"),
        ("½", "fraction"),
        ("\u20dd", "enclosing circle"),
        ("\u3164", "letter that shows as nothing (Hangul filler)"),
        ("\uffa0", "letter that shows as nothing (half-width Hangul filler)"),
        ("\u115f", "letter that shows as nothing (Hangul choseong filler)"),
        ("\u17b4", "mark that shows as nothing (Khmer inherent vowel)"),
        ("\u034f", "mark that shows as nothing (grapheme joiner)"),
        ("\ufe0f", "mark that shows as nothing (variation selector)"),
        ("\U000e0100", "mark that shows as nothing (variation selector supplement)"),
        ("\u180b", "mark that shows as nothing (Mongolian variation selector)"),
    ],
    ids=lambda text: text if len(text) > 1 else f"U+{ord(text):04X}",
)
def test_a_character_that_could_deceive_is_refused_with_its_place(
    character: str, what: str
) -> None:
    del what
    with pytest.raises(NameUnacceptable, match=rf"U\+{ord(character):04X} at place 2"):
        check_name(f"a{character}b")


@pytest.mark.parametrize(
    ("name", "place"), [("\u0308a", 1), ("q\u0323\u0330\u0308", 4), ("a-\u0323\u0330\u0308", 5)]
)
def test_a_mark_needs_a_base_and_a_base_has_two_at_most(name: str, place: int) -> None:
    with pytest.raises(NameUnacceptable, match=f"at place {place} "):
        check_name(name)


@pytest.mark.parametrize("level", BotLevel)
def test_a_person_is_not_called_as_a_bot(level: BotLevel) -> None:
    name = bot_seat(level).player.name
    for variant in (name, name.upper(), name.replace("o", "ｏ")):  # noqa: RUF001 - full-width
        with pytest.raises(NameUnacceptable, match="is what a bot is called"):
            check_name(variant)
    check_name(f"{name}s")


@pytest.mark.parametrize(
    ("name", "mixed"),
    [
        ("Аnn", "Cyrillic and Latin"),  # noqa: RUF001 - what is tested, as below
        ("Lee Bοb", "Greek and Latin"),  # noqa: RUF001
        ("Сhains bot", "Cyrillic and Latin"),  # noqa: RUF001
        ("Αня", "Cyrillic and Greek"),
        ("Ꭺnn", "Cherokee and Latin"),  # noqa: RUF001
        ("А\u0323nn", "Cyrillic and Latin"),  # noqa: RUF001
        ("А2nn", "Cyrillic and Latin"),  # noqa: RUF001
        ("αａ", "Greek and Latin"),  # noqa: RUF001
    ],
)
def test_a_word_of_letters_that_look_alike_is_refused(name: str, mixed: str) -> None:
    with pytest.raises(NameUnacceptable, match=f"mixes letters of {mixed}"):
        check_name(name)


@pytest.mark.parametrize(
    "name",
    ["Ann Аня", "Ольга-Ann", "田中Ann", "Σοφία", "김Lee", "Łukasz_Αθηνά"],
)
def test_words_of_one_alphabet_each_are_accepted(name: str) -> None:
    check_name(name)


def test_marks_take_no_room() -> None:
    check_name("q\u0308" * WIDEST_NAME)
    check_name("\u0e01\u0e34" * WIDEST_NAME)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("ANN", "aNN"),
        ("Straße", "STRASSE"),
        ("Ａｎｎ", "Ann"),  # noqa: RUF001 - full-width letters are what is tested
        ("ﬁn", "fin"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("Åsa", "Åsa"),
        ("²x", "2x"),
    ],
)
def test_names_that_look_the_same_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@pytest.mark.parametrize(("one", "other"), [("Ann", "Anna"), ("Ann Lee", "AnnLee"), ("a-b", "a_b")])
def test_names_that_look_different_have_two(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


@given(st.text(alphabet=st.characters(categories=["L", "Nd", "Mn", "Mc"]), max_size=6))
def test_a_skeleton_is_its_own_skeleton(name: str) -> None:
    assert skeleton(skeleton(name)) == skeleton(name)


@given(st.text(max_size=30))
def test_every_text_is_accepted_or_refused_and_what_is_accepted_shows(name: str) -> None:
    try:
        check_name(name)
    except NameUnacceptable:
        return
    assert name.isprintable()
    assert name == unicodedata.normalize("NFC", name).strip()
