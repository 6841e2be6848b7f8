"""How long the server waits for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Patience:
    """For how long what may last.

    `open_game`: that nobody joins an open game. `grace`: that a player who vanished may come back
    before the others may claim. `blink`: that a connection is lost before anybody is told.
    `settling`: that players stay away after the server has started before anybody is told.
    """

    open_game: timedelta = timedelta(hours=24)
    grace: timedelta = timedelta(seconds=60)
    blink: timedelta = timedelta(seconds=2)
    settling: timedelta = timedelta(seconds=15)


USUAL_PATIENCE: Final = Patience()
