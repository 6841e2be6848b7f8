"""Nobody pays for the time in which the server could take no line."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import DOWNTIME
from clouds_edges.domain.game.commands import StandClock
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused
from clouds_edges.eventsourcing.errors import EventSourcingError, UnreadableEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clouds_edges.application.system import System
    from clouds_edges.domain.ids import GameId

_LOG: Final = logging.getLogger(__name__)
_AT_ONCE: Final = 256
"""How many commands are given at once; they share their commits."""


async def stand_clocks(system: System, since: datetime, now: Callable[[], datetime]) -> None:
    """Let the clocks of all games stand from `since` until now, before any timer is fired.

    A repeat has no second effect on the same time. Games that cannot be read are left out.

    Raises:
        StoreUnavailable: Some clocks may stand, and some not.
    """
    tables = (await system.lobbies.load_sound(MAIN_LOBBY)).state.tables.values()
    games = [table.game for table in tables if table.is_playing]
    for first in range(0, len(games), _AT_ONCE):
        until = now()
        try:
            async with asyncio.TaskGroup() as tasks:
                for game in games[first : first + _AT_ONCE]:
                    tasks.create_task(_stand_clock(system, game, since, until))
        except* EventSourcingError as troubles:  # several may come at once
            raise troubles.exceptions[0] from None


async def _stand_clock(system: System, game: GameId, since: datetime, until: datetime) -> None:
    command_id = CommandId(f"{since.isoformat()}:{until.isoformat()}:{game}")
    issued = Issued(StandClock(since, until), DOWNTIME, until, command_id)
    try:
        await system.give(game_stream(game), issued)
    except Refused as refusal:  # it has not begun yet, or is over
        _LOG.info("the clock of %s does not stand: %s", game, refusal)
    except UnreadableEvent as error:
        _LOG.error("the clock of %s cannot be stood: %s", game, error)
