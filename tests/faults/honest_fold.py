"""Whether what the server has made of its log is what a fold of the log makes."""

from functools import cache, partial
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, select

from clouds_edges.application.system import PROJECTIONS, System
from clouds_edges.application.vocabulary import AnyEvent, folding_of
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS
from clouds_edges.eventsourcing.command_handler import Loaded
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.projection import Projection
from tests.faults.invariants import Log, by_stream


async def wrong_states(system: System, log: Log) -> list[str]:
    """I4: what is kept in memory of each stream is the fold of its events."""
    wrong = []
    for stream, events in by_stream(log).items():
        folding = folding_of(stream)
        if folding is None:
            wrong.append(f"I4: there can be no stream {stream}")
            continue
        loaded = await _loaded(system, stream)
        state = folding.decider.fold(one.event for one in events)
        if loaded is not None and loaded != Loaded(state, len(events), events[-1].hash):
            wrong.append(f"I4: {stream} is kept as {loaded}, and is {state} at {len(events)}")
    return wrong


async def _loaded(system: System, stream: StreamName) -> Loaded[Any] | None:
    match stream:
        case stream if stream == PLAYERS:
            return await system.players.load(stream)
        case stream if stream == MAIN_LOBBY:
            return await system.lobbies.load(stream)
        case stream if stream.startswith("game/"):
            return await system.games.load(stream)
        case _:
            return None


async def wrong_rows(system: System, log: Log) -> list[str]:
    """I6: the rows of each read model are those that the log makes."""
    wrong = []
    for projection in PROJECTIONS:
        rows = await system.read_model(projection.name).read(partial(_all, projection))
        wanted = _folded(projection, log)
        for ours, honest in zip_longest(rows, wanted):
            if ours != honest:
                wrong.append(f"I6: {projection.name} has {ours} where the log makes {honest}")
                break
    return wrong


def _folded(projection: Projection[AnyEvent], log: Log) -> list[tuple[Any, ...]]:
    events = [one for one in log if type(one.event) in projection.events]
    with _empty_database(projection.name).connect() as rows:
        projection.tables.create_all(rows)
        for table in projection.tables.sorted_tables:
            rows.execute(table.delete())
        if events:
            projection.apply(events, rows)
        return _all(projection, rows)


def _all(projection: Projection[AnyEvent], rows: Connection) -> list[tuple[Any, ...]]:
    return [
        (table.name, *row)
        for table in projection.tables.sorted_tables
        for row in rows.execute(
            select(table).order_by(*(table.primary_key.columns or table.columns))
        )
    ]


@cache
def _empty_database(_: str) -> Engine:
    """One a read model for all simulations: to make tables takes longer than to empty them."""
    return create_engine("sqlite://", poolclass=StaticPool)
