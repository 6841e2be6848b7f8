"""Foreign text made harmless on its way to the terminal."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

_HARMFUL: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""General categories of Unicode."""
_REORDERING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


@lru_cache(maxsize=4096)
def cleaned(text: str) -> str:
    """The text on one line, with what steers a terminal replaced, one for one.

    That is control, separating, reordering and surrogate code points.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(REPLACEMENT if _is_harmful(character) else character for character in text)


def _is_harmful(character: str) -> bool:
    return unicodedata.category(character) in _HARMFUL or character in _REORDERING
