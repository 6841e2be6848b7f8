"""Nobody pays for the time in which the server could take no line."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import Process as ProcessActor
from clouds_edges.domain.game.commands import StandClock
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.eventsourcing.decider import CommandId, Issued, Refused
from clouds_edges.eventsourcing.errors import UnreadableEvent

if TYPE_CHECKING:
    from datetime import datetime

    from clouds_edges.application.system import System

_LOG: Final = logging.getLogger(__name__)
_ME: Final = ProcessActor("downtime")


async def stand_clocks(system: System, since: datetime, until: datetime) -> None:
    """Let the clocks of all games stand from `since` to `until`, before any timer is fired.

    A repeat with the same times has no second effect. Games that cannot be read are left out.

    Raises:
        StoreUnavailable: Some clocks may stand, and some not.
    """
    tables = (await system.lobbies.load_sound(MAIN_LOBBY)).state.tables.values()
    for game in [table.game for table in tables if table.is_playing]:
        command_id = CommandId(f"{since.isoformat()}:{until.isoformat()}:{game}")
        issued = Issued(StandClock(since, until), _ME, until, command_id)
        try:
            await system.give(game_stream(game), issued)
        except Refused as refusal:  # it has not begun yet, or is over
            _LOG.info("the clock of %s does not stand: %s", game, refusal)
        except UnreadableEvent as error:
            _LOG.error("the clock of %s cannot be stood: %s", game, error)
