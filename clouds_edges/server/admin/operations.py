"""What the operator does to the server as a whole, and to players."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.domain.ids import PlayerId
from clouds_edges.protocol.admin_answers import Done

if TYPE_CHECKING:
    from clouds_edges.application.system import System
    from clouds_edges.domain.actors import Admin
    from clouds_edges.protocol.admin import ForgetPlayer, FreezeServer, UnfreezeServer


class Operations:
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

    async def forget(self, asked: ForgetPlayer) -> Done:
        """Let nobody know any more what a player was called; raises `Refused`."""
        await self._system.forget(PlayerId(asked.player), self._operator)
        return Done(sentence=f"nobody knows any more what {asked.player} was called")
