"""Somebody who answers an operator's questions out of what a test has put there."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

from pydantic import JsonValue

from clouds_edges.client.admin_connection import AdminTrouble, QuestionRefused
from clouds_edges.protocol import admin as questions
from clouds_edges.protocol.admin import Asks, Question
from clouds_edges.protocol.admin_answers import (
    ActivityIs,
    AggregateRow,
    AggregatesPage,
    Answer,
    DayRow,
    Done,
    EventRow,
    EventsPage,
    ProcessesAre,
    ProcessRow,
    ReadModelRow,
    ReadModelsAre,
    RowsPage,
    StateIs,
    StreamChecked,
    StuckRow,
    SystemIs,
    TableRow,
    TablesAre,
)

A = TypeVar("A")

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TABLE = TableRow(file="events.db", table="events", columns=("position", "data"), key=("position",))


def event(position: int, stream: str = "game/one", version: int | None = None) -> EventRow:
    return EventRow(
        position=position,
        stream=stream,
        version=position if version is None else version,
        kind="line_drawn",
        schema_version=1,
        at=NOON + timedelta(seconds=position),
        by="ann",
        command_id=f"command-{position}",
        cause=None,
        data={"kind": "line_drawn", "line": f"a{position}h"},
        hash=f"{position:064x}",
    )


def system(**figures: object) -> SystemIs:
    usual: dict[str, object] = {
        "version": "0.1.0",
        "python": "3.11.7",
        "sqlite": "3.54.1",
        "folder": "/srv/games",
        "now": NOON,
        "uptime_seconds": 3725.0,
        "connections": 7,
        "players": 5,
        "operators": 1,
        "games_open": 2,
        "games_live": 3,
        "events": 0,
        "events_a_second": 4.25,
        "lag": 0,
        "parked": 0,
        "log_bytes": 6 * 1024 * 1024,
        "memory_bytes": 70 * 1024 * 1024,
        "frozen": None,
    }
    return SystemIs.model_validate(usual | figures)


def day(number: int, lines_drawn: int) -> DayRow:
    return DayRow(
        day=NOON.date() + timedelta(days=number),
        sign_ups=0,
        games_opened=0,
        games_started=0,
        games_ended=0,
        lines_drawn=lines_drawn,
    )


@dataclass
class OperatorInMemory:
    """`asked` are the questions so far; `lost` and `refusals` (by kind) come instead of answers."""

    system: SystemIs = field(default_factory=system)
    events: list[EventRow] = field(default_factory=list)
    processes: tuple[ProcessRow, ...] = ()
    read_models: tuple[ReadModelRow, ...] = ()
    tables: tuple[TableRow, ...] = (TABLE,)
    rows: list[tuple[JsonValue, ...]] = field(default_factory=list)
    lines_a_day: tuple[int, ...] = (0,) * 14
    problem: str | None = None
    lost: AdminTrouble | None = None
    refusals: dict[str, str] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def happen(self, *streams: str) -> None:
        for stream in streams:
            version = sum(one.stream == stream for one in self.events) + 1
            self.events.append(event(len(self.events) + 1, stream, version))

    def kinds(self) -> list[str]:
        return [question.kind for question in self.asked]

    def last(self, kind: type[A]) -> A:
        return next(one for one in reversed(self.asked) if isinstance(one, kind))

    async def ask(self, question: Asks[A]) -> A:
        asked = cast("Question", question)
        self.asked.append(asked)
        if self.lost is not None:
            raise self.lost
        if asked.kind in self.refusals:
            raise QuestionRefused(asked.kind, self.refusals[asked.kind])
        return cast("A", self._answer(asked))

    def _answer(self, question: Question) -> Answer:
        match question:
            case questions.ListEvents():
                return self._events(question)
            case questions.ListAggregates():
                return self._aggregates(question)
            case questions.ShowState():
                return self._state(question)
            case questions.CheckStream():
                return self._check(question)
            case questions.ShowRows():
                return self._rows(question)
            case _:
                return self._as_it_stands(question)

    def _as_it_stands(self, question: Question) -> Answer:
        match question:
            case questions.ShowSystem():
                return self.system.model_copy(update={"events": len(self.events)})
            case questions.ListProcesses():
                return ProcessesAre(processes=self.processes, end=len(self.events))
            case questions.ListReadModels():
                return ReadModelsAre(read_models=self.read_models, end=1000)
            case questions.ShowActivity():
                return ActivityIs(days=tuple(map(day, range(14), self.lines_a_day)))
            case questions.ListTables():
                return TablesAre(tables=self.tables)
            case _:
                return self._do(question)

    def _do(self, question: Question) -> Done:
        if isinstance(question, questions.FreezeServer):
            self.system = self.system.model_copy(update={"frozen": question.reason})
        if isinstance(question, questions.UnfreezeServer):
            self.system = self.system.model_copy(update={"frozen": None})
        return Done(sentence=f"done: {question.kind}")

    def _events(self, asked: questions.ListEvents) -> EventsPage:
        before = asked.before or len(self.events) + 1
        fitting = [
            one
            for one in self.events
            if one.stream.startswith(asked.stream_prefix)
            and one.position < before
            and asked.event_kind in {None, one.kind}
            and asked.actor in {None, one.by}
            and (asked.since is None or one.at >= asked.since)
            and (asked.until is None or one.at < asked.until)
        ][::-1]
        page = fitting[: asked.limit]
        following = page[-1].position if len(fitting) > len(page) else None
        return EventsPage(events=tuple(page), next=following, end=len(self.events))

    def _aggregates(self, asked: questions.ListAggregates) -> AggregatesPage:
        versions: dict[str, EventRow] = {one.stream: one for one in self.events}
        names = [
            name
            for name in sorted(versions)
            if name.startswith(asked.prefix) and name > asked.after
        ]
        page = names[: asked.limit]
        return AggregatesPage(
            aggregates=tuple(
                AggregateRow(stream=name, version=versions[name].version, at=versions[name].at)
                for name in page
            ),
            next=page[-1] if len(names) > len(page) else None,
        )

    def _state(self, asked: questions.ShowState) -> StateIs:
        events = [one for one in self.events if one.stream == asked.stream]
        version = len(events) if asked.version is None else asked.version
        if not version <= len(events):
            raise QuestionRefused(asked.kind, f"there is no version {version} yet")
        return StateIs(
            stream=asked.stream,
            version=version,
            latest=len(events),
            state={"lines": version, "names": ["Ann", "[b]Bob"]},
            event=events[version - 1] if version else None,
        )

    def _check(self, asked: questions.CheckStream) -> StreamChecked:
        latest = sum(one.stream == asked.stream for one in self.events)
        return StreamChecked(
            stream=asked.stream,
            version=latest if self.problem is None else 1,
            latest=latest,
            head="ab" * 32,
            problem=self.problem,
        )

    def _rows(self, asked: questions.ShowRows) -> RowsPage:
        rows = self.rows[::-1] if asked.reverse else self.rows
        first = int(asked.page or 0)
        page = rows[first : first + asked.limit]
        end = first + len(page)
        return RowsPage(
            file=asked.file,
            table=asked.table,
            columns=TABLE.columns,
            key=TABLE.key,
            rows=tuple(page),
            next=str(end) if end < len(rows) else None,
            previous=None,
        )


def stuck(stream: str, *, is_parked: bool = True) -> StuckRow:
    return StuckRow(
        stream=stream,
        position=7,
        version=2,
        tries=5,
        error="KeyError: 'seat'",
        is_parked=is_parked,
        waiting=3,
    )


def process(name: str, *what: StuckRow, state: str = "following") -> ProcessRow:
    return ProcessRow(name=name, state=state, position=9, lag=0, error=None, stuck=what, timers=2)


def read_model(
    name: str, *, state: str = "following", rebuilt_to: int | None = None, error: str | None = None
) -> ReadModelRow:
    return ReadModelRow(
        name=name, state=state, position=9, lag=1, error=error, rebuilt_to=rebuilt_to
    )
