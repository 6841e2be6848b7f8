"""How many are connected."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Visitors:
    """Counts sockets; who the players behind them are is known to `Presence`."""

    def __init__(self) -> None:
        self._connections = 0
        self._operators = 0

    @property
    def connections(self) -> int:
        """Sockets, of people who have greeted and of those who have not yet."""
        return self._connections

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
    def operating(self) -> Iterator[None]:
        """Count a socket's operator."""
        self._operators += 1
        try:
            yield
        finally:
            self._operators -= 1
