"""What the operator's view needs of a server: that it answers."""

from __future__ import annotations

from typing import Protocol, TypeVar

from clouds_edges.protocol.admin import Asks

A = TypeVar("A")


class Operator(Protocol):
    """Somebody who may ask a server; `AdminConnection` is one."""

    async def ask(self, question: Asks[A]) -> A:
        """Ask, and wait for the answer; raises `AdminTrouble`."""
        ...
