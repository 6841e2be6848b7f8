"""What operators do to the server as a whole, and to players."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clouds_edges.domain.ids import PLAYERS, PlayerId
from clouds_edges.domain.players import commands
from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.protocol.admin_answers import Done

if TYPE_CHECKING:
    from datetime import datetime

    from clouds_edges.application.system import System
    from clouds_edges.domain.actors import Admin
    from clouds_edges.protocol.admin import (
        ForgetPlayer,
        FreezeServer,
        GrantAdmin,
        UnfreezeServer,
        WithdrawAdmin,
    )


class Operations:
    """Does what an operator says, in the operator's name."""

    def __init__(self, system: System, now: Callable[[], datetime]) -> None:
        self._system = system
        self._now = now

    async def check_role(self, by: Admin) -> None:
        """Let nobody go on who has not the role; raises `NotAdmin`."""
        await self._system.check_admin(by)

    async def freeze(self, asked: FreezeServer, by: Admin) -> Done:
        """Record nothing more; raises `Refused`."""
        await self._system.freeze(asked.reason, by)
        return Done(sentence=f"the server is frozen: {asked.reason}")

    async def unfreeze(self, _: UnfreezeServer, by: Admin) -> Done:
        """Let everything go on; raises `Refused`."""
        await self._system.unfreeze(by)
        return Done(sentence="the server is not frozen any more")

    async def forget(self, asked: ForgetPlayer, by: Admin) -> Done:
        """Let nobody know any more what a player was called; raises `Refused`."""
        await self._system.forget(PlayerId(asked.player), by)
        return Done(sentence=f"nobody knows any more what {asked.player} was called")

    async def grant(self, asked: GrantAdmin, by: Admin) -> Done:
        """Give a player the role of admin; raises `Refused`."""
        await self._give(commands.GrantAdmin(PlayerId(asked.player)), by)
        return Done(sentence=f"{await self._name(asked.player)} is an admin of this server")

    async def withdraw(self, asked: WithdrawAdmin, by: Admin) -> Done:
        """Take the role of admin back from a player; raises `Refused`."""
        await self._give(commands.WithdrawAdmin(PlayerId(asked.player)), by)
        return Done(sentence=f"{await self._name(asked.player)} is no admin of this server")

    async def _give(self, command: commands.GrantAdmin | commands.WithdrawAdmin, by: Admin) -> None:
        """Give a command under an id that is that of no other wish: players have come to there."""
        version = await self._system.version(PLAYERS)
        command_id = CommandId(f"{command.kind}:{command.player}@{version}")
        await self._system.give(PLAYERS, Issued(command, by, self._now(), command_id))

    async def _name(self, player: str) -> str:
        """What a player is called, who has signed up."""
        found = await self._system.player(PlayerId(player))
        return player if found is None else found.name
