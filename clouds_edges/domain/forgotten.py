"""What stands in the place of a name that was forgotten."""

from __future__ import annotations

from typing import Final

FORGOTTEN: Final = "forgotten "
"""How such names begin; nobody else may take one that does."""

_ID_WIDTH: Final = 12


def forgotten_name(player: str) -> str:
    """A name for a player without one, the same each time; it fits where names have to fit."""
    return f"{FORGOTTEN}{player[:_ID_WIDTH]}"
