"""Freezing the server, and letting it go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.protocol.admin_answers import Done

if TYPE_CHECKING:
    from clouds_edges.application.system import System
    from clouds_edges.domain.actors import Admin
    from clouds_edges.protocol.admin import FreezeServer, UnfreezeServer


class Freezing:
    """Does what the operator says, in the operator's name."""

    def __init__(self, system: System, operator: Admin) -> None:
        self._system = system
        self._operator = operator

    async def freeze(self, asked: FreezeServer) -> Done:
        """Record nothing more; raises `Refused`."""
        await self._system.freeze(asked.reason, self._operator)
        return Done(sentence=f"the server is frozen: {asked.reason}")

    async def unfreeze(self, _: UnfreezeServer) -> Done:
        """Let everything go on; raises `Refused`."""
        await self._system.unfreeze(self._operator)
        return Done(sentence="the server is not frozen any more")
