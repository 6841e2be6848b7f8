"""What went on, counted by the day, for the operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, select

from clouds_edges.domain.game.events import GameEnded, GameStarted, LineDrawn
from clouds_edges.domain.lobby.events import GameOpened
from clouds_edges.domain.players.events import PlayerSignedUp
from clouds_edges.eventsourcing.rows import find, replace

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.eventsourcing.recorded import Recorded

TABLES: Final = MetaData()
ACTIVITY: Final = Table(
    "activity",
    TABLES,
    Column("day", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)


class What(StrEnum):
    """What is counted."""

    SIGN_UPS = "sign_ups"
    GAMES_OPENED = "games_opened"
    GAMES_STARTED = "games_started"
    GAMES_ENDED = "games_ended"
    LINES_DRAWN = "lines_drawn"


_COUNTED: Final[Mapping[type, What]] = {
    PlayerSignedUp: What.SIGN_UPS,
    GameOpened: What.GAMES_OPENED,
    GameStarted: What.GAMES_STARTED,
    GameEnded: What.GAMES_ENDED,
    LineDrawn: What.LINES_DRAWN,
}


@dataclass(frozen=True, slots=True)
class Day:
    """How often what happened on a day in UTC; what did not happen is 0."""

    day: date
    counts: Mapping[What, int]


class Activity:
    """A row for each day and each thing that is counted."""

    name: Final = "activity"
    tables: Final = TABLES
    events: Final = tuple(_COUNTED)

    def apply(self, batch: Sequence[Recorded[AnyEvent]], rows: Connection) -> None:
        """Count."""
        seen = Counter((one.at.date(), type(one.event)) for one in batch)
        counts = {(day.isoformat(), _COUNTED[event]): n for (day, event), n in seen.items()}
        days = {day for day, _ in counts}
        for row in find(rows, ACTIVITY.c.day, days):
            place = row["day"], What(row["what"])
            counts[place] = counts.get(place, 0) + row["count"]
        values = [{"day": day, "what": what, "count": n} for (day, what), n in counts.items()]
        replace(rows, ACTIVITY.c.day, days, values)


def activity_between(rows: Connection, first: date, last: date) -> tuple[Day, ...]:
    """The days, first and last included, on which anything happened, in their order."""
    within = ACTIVITY.c.day.between(first.isoformat(), last.isoformat())
    counts: dict[date, dict[What, int]] = {}
    for day, what, count in rows.execute(select(ACTIVITY).where(within).order_by(ACTIVITY.c.day)):
        of_day = counts.setdefault(date.fromisoformat(day), dict.fromkeys(What, 0))
        of_day[What(what)] = count
    return tuple(Day(day, of_day) for day, of_day in counts.items())
