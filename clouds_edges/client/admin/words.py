"""What the operator's view says of events, streams, processes, read models and rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clouds_edges.client.admin import figures
from clouds_edges.client.admin.columns import Column, padded, shortened
from clouds_edges.client.admin.moments import format_exactly, format_moment
from clouds_edges.client.admin.operator_view import OperatorView, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.protocol.admin_answers import (
        AggregateRow,
        DayRow,
        EventRow,
        ProcessRow,
        QuarantinedRow,
        ReadModelRow,
        StateIs,
        StreamChecked,
        StuckRow,
        SystemIs,
        TableRow,
    )

_BAR: Final = 12
_ROOM_FOR_TWO: Final = 70
_WITHOUT_YEAR: Final = slice(5, None)
_TONES: Final = {"following": Tone.PLAIN, "paused": Tone.WARNING, "stopped": Tone.ERROR}

EVENT_COLUMNS: Final = (
    Column("at", least=9, is_right=True, rank=1),
    Column("time (UTC)", least=14, rank=4),
    Column("stream", least=17),
    Column("v", least=5, is_right=True),
    Column("kind", least=12),
    Column("by", least=8, rank=5),
    Column("data", least=12, rank=3),
)
STREAM_COLUMNS: Final = (
    Column("stream", least=12),
    Column("events", least=6, is_right=True, rank=1),
    Column("last (UTC)", least=19, rank=2),
)
PROCESS_COLUMNS: Final = (
    Column("process", least=12),
    Column("state", least=9),
    Column("at", least=4, is_right=True, rank=2),
    Column("lag", least=3, is_right=True),
    Column("stuck", least=5, rank=1),
    Column("timers", least=6, is_right=True, rank=3),
    Column("error", least=8, rank=4),
)
STUCK_COLUMNS: Final = (
    Column("process", least=8, rank=1),
    Column("event", least=14),
    Column("stands", least=8),
    Column("tries", least=5, is_right=True, rank=2),
    Column("waiting", least=7, is_right=True, rank=2),
    Column("error", least=8, rank=3),
)
READ_MODEL_COLUMNS: Final = (
    Column("read model", least=10),
    Column("state", least=9),
    Column("at", least=4, is_right=True, rank=2),
    Column("lag", least=3, is_right=True),
    Column("rebuild", least=_BAR + 6, rank=0),
    Column("error", least=8, rank=4),
)
QUARANTINE_COLUMNS: Final = (
    Column("stream", least=14),
    Column("from version", least=12, is_right=True, rank=1),
    Column("error", least=10, rank=2),
)
TABLE_COLUMNS: Final = (Column("file", least=8), Column("table", least=8))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list: what it stands for, its cells, and its tone."""

    key: str
    cells: tuple[str, ...]
    tone: Tone = Tone.PLAIN


def event_row(event: EventRow) -> Row:
    """An event as cells of `EVENT_COLUMNS`."""
    return Row(
        str(event.position),
        (
            str(event.position),
            format_moment(event.at)[_WITHOUT_YEAR],
            event.stream,
            str(event.version),
            event.kind,
            event.by,
            in_one_line(event.data),
        ),
    )


def stream_row(one: AggregateRow) -> Row:
    """A stream as cells of `STREAM_COLUMNS`."""
    return Row(one.stream, (one.stream, figures.number(one.version), format_moment(one.at)))


def process_row(one: ProcessRow) -> Row:
    """A process as cells of `PROCESS_COLUMNS`."""
    parked = sum(stuck.is_parked for stuck in one.stuck)
    trying = len(one.stuck) - parked
    stuck = [f"{parked} parked"] if parked else []
    stuck += [f"{trying} tried again"] if trying else []
    cells = (
        one.name,
        one.state,
        figures.number(one.position),
        figures.number(one.lag),
        ", ".join(stuck) or "-",
        figures.number(one.timers),
        one.error or ("" if one.rebuilt_to is None else f"rebuilding, at {one.rebuilt_to}"),
    )
    tone = _TONES.get(one.state, Tone.PLAIN)
    return Row(one.name, cells, Tone.ERROR if parked or one.error else tone)


def stuck_row(process: str, one: StuckRow) -> Row:
    """An event that a process is stuck at as cells of `STUCK_COLUMNS`."""
    timer = f" timer {one.timer}" if one.timer else ""
    cells = (
        process,
        f"{one.stream}@{one.version}{timer}",
        "parked" if one.is_parked else "tried again",
        figures.number(one.tries),
        figures.number(one.waiting),
        one.error,
    )
    return Row(f"{process} {one.stream}", cells, Tone.ERROR if one.is_parked else Tone.WARNING)


def read_model_row(one: ReadModelRow, end: int, marks: Marks) -> Row:
    """A read model as cells of `READ_MODEL_COLUMNS`."""
    rebuilt = "-" if one.rebuilt_to is None else figures.bar(one.rebuilt_to, end, _BAR, marks)
    cells = (
        one.name,
        one.state,
        figures.number(one.position),
        figures.number(one.lag),
        rebuilt,
        one.error or "",
    )
    return Row(one.name, cells, Tone.ERROR if one.error else _TONES.get(one.state, Tone.PLAIN))


def table_row(one: TableRow) -> Row:
    """A table as cells of `TABLE_COLUMNS`."""
    return Row(f"{one.file} {one.table}", (one.file, one.table))


def quarantined_row(one: QuarantinedRow) -> Row:
    """A stream that is not to be trusted as cells of `QUARANTINE_COLUMNS`."""
    return Row(one.stream, (one.stream, figures.number(one.version), one.error), Tone.ERROR)


def event_in_full(event: EventRow, marks: Marks) -> str:
    """Everything that is stored of an event."""
    lines = [
        f"position  {event.position}",
        f"stream    {event.stream}, version {event.version}",
        f"kind      {event.kind}, schema {event.schema_version}",
        f"time      {format_exactly(event.at)}",
        f"by        {event.by}",
        f"command   {event.command_id}",
        f"cause     {event.cause or '-'}",
        f"hash      {event.hash}",
        "",
        pretty(event.data, marks),
    ]
    return "\n".join(lines)


def state_in_words(state: StateIs, latest: int) -> str:
    """Which state this is, and what made it, in two lines."""
    event = state.event
    made = "before the first event"
    if event is not None:
        made = f"made by {event.kind}, by {event.by}, {format_moment(event.at)}"
    return f"version {state.version} of {latest}\n{made}"


def check_in_words(check: StreamChecked) -> tuple[Tone, str]:
    """Whether a stream is whole."""
    if check.problem is None:
        events = figures.counted(check.version, "event", "events")
        return Tone.GOOD, f"whole: {events}, chained up to {check.head[:16]}, and they fold"
    return Tone.ERROR, f"NOT WHOLE after version {check.version}: {check.problem}"


def process_in_full(one: ProcessRow) -> str:
    """Everything about a process."""
    behind = figures.counted(one.lag, "event", "events")
    lines = [
        f"state     {one.state}",
        f"position  {figures.number(one.position)}, {behind} behind",
        f"timers    {figures.number(one.timers)}",
        f"stuck     in {figures.counted(len(one.stuck), 'stream', 'streams')}",
        *([f"rebuilt   to {figures.number(one.rebuilt_to)}"] if one.rebuilt_to is not None else []),
        "",
        one.error or "no error",
    ]
    return "\n".join(lines)


def read_model_in_full(one: ReadModelRow, end: int) -> str:
    """Everything about a read model."""
    behind = figures.counted(one.lag, "event", "events")
    rebuilt = [] if one.rebuilt_to is None else [f"rebuilt   to {one.rebuilt_to} of {end}"]
    lines = [
        f"state     {one.state}",
        f"position  {figures.number(one.position)} of {figures.number(end)}, {behind} behind",
        *rebuilt,
        "",
        one.error or "no error",
    ]
    return "\n".join(lines)


def stuck_in_full(process: str, one: StuckRow) -> str:
    """Everything about an event that a process is stuck at."""
    stands = "parked, until it is retried or skipped" if one.is_parked else "tried again by itself"
    lines = [
        f"process   {process}",
        f"event     {one.stream}, version {one.version}, position {one.position}",
        *([f"timer     {one.timer}"] if one.timer else []),
        f"tries     {one.tries}",
        f"stands    {stands}",
        f"waiting   {figures.counted(one.waiting, 'event', 'events')} of the same stream behind it",
        "",
        one.error,
    ]
    return "\n".join(lines)


def system_figures(system: SystemIs) -> tuple[tuple[str, str], ...]:
    """The server's figures, each with its name."""
    return (
        ("server", f"clouds-edges {system.version}"),
        ("up for", figures.length(system.uptime_seconds)),
        ("data", system.folder),
        ("SQLite", system.sqlite),
        ("Python", system.python),
        ("memory", figures.size(system.memory_bytes)),
        ("log", f"{figures.number(system.events)} events, {figures.size(system.log_bytes)}"),
        ("lag", figures.counted(system.lag, "event", "events")),
        ("connections", figures.number(system.connections)),
        ("players", figures.number(system.players)),
        ("operators", figures.number(system.operators)),
        ("games open", figures.number(system.games_open)),
        ("in play", figures.number(system.games_live)),
        ("parked", figures.number(system.parked)),
        ("server time", format_moment(system.now) + " UTC"),
    )


def in_columns(pairs: Sequence[tuple[str, str]], room: int, marks: Marks) -> str:
    """Names and values one under the other, in two columns where there is room for them."""
    name_room = max(len(name) for name, _ in pairs) + 2
    lines = [name.ljust(name_room) + value for name, value in pairs]
    if room < _ROOM_FOR_TWO:
        return "\n".join(shortened(line, room, marks.cut) for line in lines)
    half, one = (len(lines) + 1) // 2, (room - 2) // 2
    left = [padded(shortened(line, one, marks.cut), one) for line in lines[:half]]
    right = [*(shortened(line, one, marks.cut) for line in lines[half:]), *[""] * half]
    return "\n".join(f"{a}  {b}".rstrip() for a, b in zip(left, right, strict=False))


def rates_in_words(view: OperatorView) -> str:
    """Events a second, now and at most."""
    now = view.rates[-1] if view.rates else 0.0
    most = figures.rate(max(view.rates, default=0.0))
    seconds = figures.counted(len(view.rates), "second", "seconds")
    return f"{figures.rate(now)} events a second, at most {most} in the last {seconds}"


def days_in_words(days: Sequence[DayRow], marks: Marks) -> str:
    """A small picture of the lines drawn on each day, and how high it is."""
    lines = [one.lines_drawn for one in days]
    most = max(lines, default=0)
    of_days = figures.counted(len(days), "day", "days")
    if most == 0:
        return f"no lines in the last {of_days}"
    picture = figures.small_picture(lines, len(lines), marks)
    return f"{picture}  lines in the last {of_days}, at most {figures.number(most)} a day"


def in_one_line(data: JsonValue) -> str:
    """What an event says, without the quotes around what needs none, for a narrow column."""
    if isinstance(data, dict):
        return ", ".join(f"{name}={_short(one)}" for name, one in data.items() if name != "kind")
    return _short(data)


def pretty(value: JsonValue, marks: Marks) -> str:
    """A value of JSON over several lines."""
    return json.dumps(value, ensure_ascii=marks.is_ascii, indent=2)


def cell(value: JsonValue) -> str:
    """A stored value in a column."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else _short(value)


def sentence(text: str) -> str:
    """What the server says, beginning with a capital letter."""
    return text[:1].upper() + text[1:]


def _short(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
