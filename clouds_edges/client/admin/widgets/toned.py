"""Words in the colour of their tone."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from clouds_edges.client.admin.operator_view import Tone

_STYLES: Final = {
    Tone.PLAIN: "",
    Tone.GOOD: "$text-success",
    Tone.WARNING: "$text-warning",
    Tone.ERROR: "$text-error",
}


def toned(words: str, tone: Tone) -> Content:
    """The words, never markup."""
    return Content.styled(words, _STYLES[tone]) if _STYLES[tone] else Content(words)
