"""How long the server waits for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long a game stays open, and a player who vanished may come back before a claim."""

    open_game: timedelta = timedelta(hours=24)
    grace: timedelta = timedelta(seconds=60)


USUAL_PATIENCE: Final = Patience()
