"""A way through pages of which each names only the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Trail(Generic[C]):
    """Where the pages behind and the one at hand begin; the first begins at None."""

    behind: tuple[C | None, ...] = ()
    here: C | None = None

    @property
    def page(self) -> int:
        """The number of the page at hand, from 1."""
        return len(self.behind) + 1

    @property
    def is_first(self) -> bool:
        """Whether nothing comes before."""
        return not self.behind

    def forward(self, following: C) -> Trail[C]:
        """At the next page."""
        return Trail((*self.behind, self.here), following)

    def back(self) -> Trail[C]:
        """At the page before; the first stays where it is."""
        if not self.behind:
            return self
        return Trail(self.behind[:-1], self.behind[-1])
