"""Read models of lamps, and how their rows are compared."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, func, select

from clouds_edges.eventsourcing.projection import Projection
from clouds_edges.eventsourcing.rebuild_process import Parts
from clouds_edges.eventsourcing.recorded import Recorded
from clouds_edges.eventsourcing.rows import find, replace
from tests.eventsourcing.lamp import CODEC, Event, Labelled, TurnedOff, TurnedOn


class Switched:
    """How often each lamp was turned on; the event at one position can be made to fail."""

    events: Final = (TurnedOn,)

    def __init__(self, name: str = "switched", fails_at: int | None = None) -> None:
        self.name = name
        self.tables = MetaData()
        self.lamps = Table(
            "lamps",
            self.tables,
            Column("lamp", Text, primary_key=True),
            Column("times", Integer, nullable=False),
        )
        self.fails_at = fails_at

    def apply(self, batch: Sequence[Recorded[Event]], rows: Connection) -> None:
        times = Counter[str](one.stream for one in batch)
        lamps = set(times)
        for row in find(rows, self.lamps.c.lamp, lamps):
            times[row["lamp"]] += row["times"]
        values = [{"lamp": lamp, "times": count} for lamp, count in times.items()]
        replace(rows, self.lamps.c.lamp, lamps, values)
        if any(one.position == self.fails_at for one in batch):
            message = "no idea what to do"
            raise LookupError(message)

    def total(self, rows: Connection) -> int:
        """A query: how often any lamp was turned on."""
        query = select(func.coalesce(func.sum(self.lamps.c.times), 0))
        times: int = rows.execute(query).scalar_one()
        return times


class Last:
    """The last thing that happened to each lamp: depends on the order of the events."""

    name: Final = "last"
    events: Final = (TurnedOn, TurnedOff, Labelled)

    def __init__(self) -> None:
        self.tables = MetaData()
        self.lamps = Table(
            "lamps", self.tables, Column("lamp", Text, primary_key=True), Column("last", Text)
        )

    def apply(self, batch: Sequence[Recorded[Event]], rows: Connection) -> None:
        last = {one.stream: f"{one.event.kind} {one.position}" for one in batch}
        values = [{"lamp": lamp, "last": what} for lamp, what in last.items()]
        replace(rows, self.lamps.c.lamp, last, values)


class Labels:
    """What is written on each lamp, as far as it is still known."""

    name: Final = "labels"
    events: Final = (Labelled, TurnedOff)

    def __init__(self) -> None:
        self.tables = MetaData()
        self.lamps = Table(
            "lamps", self.tables, Column("lamp", Text, primary_key=True), Column("label", Text)
        )

    def apply(self, batch: Sequence[Recorded[Event]], rows: Connection) -> None:
        for one in batch:
            label = one.event.label if isinstance(one.event, Labelled) else "unknown"
            values = [{"lamp": one.stream, "label": label}]
            replace(rows, self.lamps.c.lamp, [one.stream], values)


def lamp_parts() -> Parts[Event]:
    """What a building process needs."""
    projections: tuple[Projection[Event], ...] = (Switched(), Last())
    return Parts(CODEC, projections)


def failing_parts() -> Parts[Event]:
    """The same, with an event that cannot be applied."""
    return Parts(CODEC, (Switched(fails_at=3),))


def rows_in(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a read model but its checkpoint, by table, in an order of their own."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            if name != "checkpoint"
        ]
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr)  # noqa: S608 - our own
            for name in tables
        }
