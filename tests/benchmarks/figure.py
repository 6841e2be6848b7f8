"""One measured figure, and what it should be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of the table; `is_reached` is None for a yardstick, which has no target."""

    name: str
    measured: str
    target: str = ""
    is_reached: bool | None = None

    @property
    def verdict(self) -> str:
        """In words, because a colour alone does not travel."""
        return "" if self.is_reached is None else "reached" if self.is_reached else "missed"
