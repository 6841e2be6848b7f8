"""What a running server answers its operator; see `admin` for the questions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, JsonValue

from clouds_edges.rules import Board

GameState: TypeAlias = Literal["open", "live", "finished", "cancelled", "expired"]
"""How far a game has come."""
Result: TypeAlias = Literal["won", "drawn", "lost"]
"""What a finished game is for a player."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class EventRow(_Message):
    """An event as it is stored: names sealed, in the schema it was written in, `hash` in hex."""

    position: int
    stream: str
    version: int
    kind: str
    schema_version: int
    at: datetime
    by: str
    command_id: str
    cause: str | None
    data: JsonValue
    hash: str


class EventsPage(_Message):
    """Events in the order asked for, and the position of the last event of the log.

    `next` is the `after` (or `before`, when the newest come first) of the next page; None when
    nothing more fits the question. To follow the log, ask again for what comes after `end`.
    """

    kind: Literal["events_page"] = "events_page"
    events: tuple[EventRow, ...]
    next: int | None
    end: int


class AggregateRow(_Message):
    """A stream, how many events it has, and when the last one happened."""

    stream: str
    version: int
    at: datetime


class AggregatesPage(_Message):
    """Streams by name; `next` is the `after` of the next page, or None."""

    kind: Literal["aggregates_page"] = "aggregates_page"
    aggregates: tuple[AggregateRow, ...]
    next: str | None


class StateIs(_Message):
    """The state of a stream at a version, and the event that made it (None at version 0)."""

    kind: Literal["state_is"] = "state_is"
    stream: str
    version: int
    latest: int
    state: JsonValue
    event: EventRow | None


class StreamChecked(_Message):
    """Whether a stream is as it was recorded, as far as a check of the whole log would tell.

    `head` is the last hash that holds, in hexadecimal, after `version` events. A stream that is
    not whole has a `problem`, and `latest` says how many events are stored.
    """

    kind: Literal["stream_checked"] = "stream_checked"
    stream: str
    version: int
    latest: int
    head: str
    problem: str | None


class StuckRow(_Message):
    """A stream in which a process is stuck at an event, and how many events wait behind it.

    One that is not parked is tried again by itself; a parked one waits for an operator. `timer`
    names the timer set by that event, if it was the timer that failed.
    """

    stream: str
    position: int
    version: int
    tries: int
    error: str
    is_parked: bool
    waiting: int
    timer: str | None = None


class ProcessRow(_Message):
    """A process: `state` is such as following, paused or stopped; `lag` counts events.

    While its own state is folded again `rebuilt_to` is how far that has come, else None.
    """

    name: str
    state: str
    position: int
    lag: int
    error: str | None
    stuck: tuple[StuckRow, ...]
    timers: int
    rebuilt_to: int | None = None


class ProcessesAre(_Message):
    """Every process; the log ends at position `end`."""

    kind: Literal["processes_are"] = "processes_are"
    processes: tuple[ProcessRow, ...]
    end: int


class ReadModelRow(_Message):
    """A read model: `state` is such as following, paused or stopped; `lag` counts events.

    During a rebuild `rebuilt_to` is the position that the copy beside has reached, else None.
    """

    name: str
    state: str
    position: int
    lag: int
    error: str | None
    rebuilt_to: int | None


class ReadModelsAre(_Message):
    """Every read model; the log ends at position `end`."""

    kind: Literal["read_models_are"] = "read_models_are"
    read_models: tuple[ReadModelRow, ...]
    end: int


class TableRow(_Message):
    """A table of a file of the server; rows are in the order of the columns in `key`."""

    file: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


class TablesAre(_Message):
    """Every table that can be looked into."""

    kind: Literal["tables_are"] = "tables_are"
    tables: tuple[TableRow, ...]


class RowsPage(_Message):
    """Rows of a table, a value a column; `next` and `previous` are the `page` of those pages.

    Bytes that are no text are in hexadecimal behind `0x`; what is secret is `hidden`; long
    values are cut, and end in an ellipsis.
    """

    kind: Literal["rows_page"] = "rows_page"
    file: str
    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    next: str | None
    previous: str | None


class PlayerRow(_Message):
    """A player, when the player signed up, and how the finished games went.

    Name and time are None where the read model of the players has not come that far.
    """

    player: str
    name: str | None
    signed_up_at: datetime | None
    played: int
    won: int
    drawn: int
    lost: int
    boxes: int


class PlayersPage(_Message):
    """Players by name; `next` is the `after` of the next page, or None."""

    kind: Literal["players_page"] = "players_page"
    players: tuple[PlayerRow, ...]
    next: str | None


class StandingsAre(_Message):
    """People by what they have won; of those with as many, by what they have drawn, then lost."""

    kind: Literal["standings_are"] = "standings_are"
    players: tuple[PlayerRow, ...]


class SeatRow(_Message):
    """Who sits in a seat, as what bot if any; in a finished game also what came of it."""

    player: str
    name: str
    bot: str | None
    boxes: int | None
    result: Result | None


class GameRow(_Message):
    """A game with `seats` seats, of which those in `taken` are taken."""

    game: str
    state: GameState
    board: Board
    seats: int
    private: bool
    taken: tuple[SeatRow, ...]
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    ending: str | None


class GamesPage(_Message):
    """Games, the newest first; `next` is the `page` of the next page, or None."""

    kind: Literal["games_page"] = "games_page"
    games: tuple[GameRow, ...]
    next: str | None


class DayRow(_Message):
    """How often what happened on a day in UTC."""

    day: date
    sign_ups: int
    games_opened: int
    games_started: int
    games_ended: int
    lines_drawn: int


class ActivityIs(_Message):
    """Every day that was asked for, in order, also those on which nothing happened."""

    kind: Literal["activity_is"] = "activity_is"
    days: tuple[DayRow, ...]


class QuarantinedRow(_Message):
    """A stream that is not to be trusted from a version on, and why."""

    stream: str
    version: int
    error: str


class SystemIs(_Message):
    """The server's figures at one moment; `lag` is the largest of all processes and read models.

    `connections` counts players' and operators' sockets, `players` the different players among
    them. `frozen` is the reason why writes are refused, or None. `log_trouble` says why nothing is
    recorded although the server is not frozen, and what to do; it is None while all is well.
    Rates are over the last seconds.
    """

    kind: Literal["system_is"] = "system_is"
    version: str
    python: str
    sqlite: str
    folder: str
    now: datetime
    uptime_seconds: float
    connections: int
    players: int
    operators: int
    games_open: int
    games_live: int
    events: int
    events_a_second: float
    lag: int
    parked: int
    log_bytes: int
    memory_bytes: int
    frozen: str | None
    quarantined: tuple[QuarantinedRow, ...] = ()
    log_trouble: str | None = None


class Done(_Message):
    """What was asked for is done."""

    kind: Literal["done"] = "done"
    sentence: str


class NotDone(_Message):
    """What was asked for cannot be done, or not be found; the sentence says why."""

    kind: Literal["not_done"] = "not_done"
    code: str
    sentence: str


Answer: TypeAlias = (
    EventsPage
    | AggregatesPage
    | StateIs
    | StreamChecked
    | ProcessesAre
    | ReadModelsAre
    | TablesAre
    | RowsPage
    | PlayersPage
    | GamesPage
    | StandingsAre
    | ActivityIs
    | SystemIs
    | Done
    | NotDone
)
