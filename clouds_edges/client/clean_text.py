"""What is clean: foreign text made harmless on its way to a terminal, a log or a screen."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from clouds_edges.domain.players.names import INVISIBLE, MARKS_A_BASE

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_HARMFUL: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""General categories of Unicode: what steers, hides, reorders, breaks lines, or has no meaning."""
_MARKS: Final = frozenset({"Mn", "Mc", "Me"})


@lru_cache(maxsize=4096)
def cleaned(text: str) -> str:
    """The text on one line, with all that is not clean replaced, one for one.

    That is control, format, surrogate, private and unassigned code points, what shows as nothing,
    and more marks a base than names may have. Every name that is allowed is clean.
    """
    if text.isascii() and text.isprintable():
        return text
    shown, marks = [], 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        is_clean = category not in _HARMFUL and character not in INVISIBLE and marks <= MARKS_A_BASE
        shown.append(character if is_clean else REPLACEMENT)
    return "".join(shown)
