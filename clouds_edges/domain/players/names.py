"""Which names are allowed, and when two of them are the same.

Names reach other people's terminals, so they are refused rather than repaired: Unicode NFC;
letters, marks (two a base), digits, single spaces and - _ . '; 1 to 24 cells wide.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from clouds_edges.domain.forgotten import FORGOTTEN
from clouds_edges.domain.refusals import NameUnacceptable

WIDEST_NAME: Final = 24
_PUNCTUATION: Final = "-_.'"
_MARKS_A_BASE: Final = 2
_INVISIBLE: Final = frozenset(
    [
        *"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0",
        *map(chr, range(0xFE00, 0xFE10)),
        *map(chr, range(0xE0100, 0xE01F0)),
    ]
)
"""The letters and marks that show as nothing, and would make two names look the same.

Source: Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt.
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
    _check_characters(name)


def skeleton(name: str) -> str:
    """What two names have in common when people would take them for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _check_characters(name: str) -> None:
    marks = _MARKS_A_BASE  # so that none comes first
    for place, character in enumerate(name, 1):
        is_mark = unicodedata.category(character) in {"Mn", "Mc"}
        marks = marks + 1 if is_mark else 0
        if marks > _MARKS_A_BASE or not (is_mark or _is_base(character)) or character in _INVISIBLE:
            message = (
                f"U+{ord(character):04X} at place {place} is not allowed in a name: "
                f"use letters, digits, single spaces and {' '.join(_PUNCTUATION)}"
            )
            raise NameUnacceptable(message)
    if not any(unicodedata.category(character)[0] in "LN" for character in name):
        message = "a name has at least one letter or digit"
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
