"""Which names are allowed, and when two of them are the same.

Names reach other people's terminals, so they are refused rather than repaired: Unicode NFC;
letters, marks (two a base), digits, single spaces and - _ . '; 1 to 24 cells wide; no word of
letters from two alphabets that look alike; none that belongs to a bot.

Not noticed: a whole word in the letters of another alphabet (a Cyrillic word that looks Latin).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from clouds_edges.domain.actors import BotLevel, bot_seat
from clouds_edges.domain.forgotten import FORGOTTEN
from clouds_edges.domain.refusals import NameUnacceptable

WIDEST_NAME: Final = 24
_PUNCTUATION: Final = "-_.'"
_BETWEEN_WORDS: Final = re.compile(f"[{re.escape(_PUNCTUATION)} ]")
MARKS_A_BASE: Final = 2
INVISIBLE: Final = frozenset(
    [
        *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0",
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xE0100, 0xE01F0)),
    ]
)
"""The letters and marks that show as nothing, and would make two names look the same.

Source: Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt.
"""

_LOOK_ALIKE: Final = frozenset({"LATIN", "GREEK", "COPTIC", "CYRILLIC", "ARMENIAN", "CHEROKEE"})
"""The alphabets with letters that cannot be told from each other's, as Unicode names them.

Source: the confusable characters of Unicode Technical Standard 39, whose section 5 asks for
letters of one script.
"""


def check_name(name: str) -> None:
    """Accept a name as it is.

    Raises:
        NameUnacceptable: With the rule that the name breaks.
    """
    if not 1 <= _width(name) <= WIDEST_NAME:
        message = f"a name is 1 to {WIDEST_NAME} cells wide, this one is {_width(name)}"
        raise NameUnacceptable(message)
    if name != unicodedata.normalize("NFC", name):
        message = "the name is not in the composed form of Unicode (NFC)"
        raise NameUnacceptable(message)
    if name.strip() != name or "  " in name:
        message = "a name does not begin or end with a space, and has no two in a row"
        raise NameUnacceptable(message)
    if skeleton(name).startswith(FORGOTTEN):
        message = f"names that begin with {FORGOTTEN.strip()} are kept for forgotten players"
        raise NameUnacceptable(message)
    if skeleton(name) in _NAMES_OF_BOTS:
        message = f"{name} is what a bot is called"
        raise NameUnacceptable(message)
    _check_characters(name)
    _check_alphabets(name)


def skeleton(name: str) -> str:
    """What two names have in common when people would take them for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _check_characters(name: str) -> None:
    marks = MARKS_A_BASE  # so that none comes first
    for place, character in enumerate(name, 1):
        is_mark = unicodedata.category(character) in {"Mn", "Mc"}
        marks = marks + 1 if is_mark else 0
        if marks > MARKS_A_BASE or not (is_mark or _is_base(character)) or character in INVISIBLE:
            message = (
                f"U+{ord(character):04X} at place {place} is not allowed in a name: "
                f"use letters, digits, single spaces and {' '.join(_PUNCTUATION)}"
            )
            raise NameUnacceptable(message)
    if not any(unicodedata.category(character)[0] in "LN" for character in name):
        message = "a name has at least one letter or digit"
        raise NameUnacceptable(message)


def _check_alphabets(name: str) -> None:
    for word in _BETWEEN_WORDS.split(unicodedata.normalize("NFKC", name)):
        alphabets = {unicodedata.name(one, "?").split()[0] for one in word} & _LOOK_ALIKE
        if len(alphabets) > 1:
            mixed = " and ".join(sorted(map(str.capitalize, alphabets)))
            message = f"{word} mixes letters of {mixed}, which look alike: use those of one"
            raise NameUnacceptable(message)


def _is_base(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Nd" or character in _PUNCTUATION + " "


def _width(text: str) -> int:
    return sum(
        0
        if unicodedata.category(character) == "Mn"
        else 2
        if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )


_NAMES_OF_BOTS: Final = frozenset(skeleton(bot_seat(level).player.name) for level in BotLevel)
