"""Who is connected, as numbers."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clouds_edges.domain.ids import PlayerId


class Visitors:
    """Counts sockets, and the different players behind them."""

    def __init__(self) -> None:
        self._connections = 0
        self._players: Counter[PlayerId] = Counter()
        self._operators = 0

    @property
    def connections(self) -> int:
        """Sockets, of people who have greeted and of those who have not yet."""
        return self._connections

    @property
    def players(self) -> int:
        """Different players who are connected."""
        return len(self._players)

    @property
    def operators(self) -> int:
        """Sockets of operators."""
        return self._operators

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Count a socket for as long as the context lasts."""
        self._connections += 1
        try:
            yield
        finally:
            self._connections -= 1

    @contextmanager
    def known(self, player: PlayerId) -> Iterator[None]:
        """Count a socket's player."""
        self._players[player] += 1
        try:
            yield
        finally:
            self._players[player] -= 1
            if not self._players[player]:
                del self._players[player]

    @contextmanager
    def operating(self) -> Iterator[None]:
        """Count a socket's operator."""
        self._operators += 1
        try:
            yield
        finally:
            self._operators -= 1
