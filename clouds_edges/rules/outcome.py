"""How a game ended, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """Why nothing more is played."""

    PLAYED_OUT = "played_out"
    RESIGNED = "resigned"
    DRAW_AGREED = "draw_agreed"
    TIME_RAN_OUT = "time_ran_out"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a game: boxes by seat, and the seats that share the first place.

    Several winners are a draw; no winner means that the game was cancelled.
    """

    ending: Ending
    scores: tuple[int, ...]
    winners: tuple[int, ...]

    @property
    def winner(self) -> int | None:
        """The seat that won alone, or None."""
        return self.winners[0] if len(self.winners) == 1 else None

    @property
    def is_draw(self) -> bool:
        """Whether several seats share the first place."""
        return len(self.winners) > 1
