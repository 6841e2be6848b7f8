"""One message of every kind that crosses an operator's connection."""

from datetime import UTC, datetime, timedelta
from typing import Final

from clouds_edges.protocol import admin as ask
from clouds_edges.protocol import admin_answers as told
from clouds_edges.protocol.admin_messages import (
    Answered,
    Ask,
    OperatorServerMessage,
    OperatorWelcome,
)
from clouds_edges.protocol.messages import Refused
from tests.protocol.messages import ANN, BOARD, GAME, GAME_STREAM, HEAD, ID

_NOON: Final = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)

_EVENT: Final = told.EventRow(
    position=1_000_007,
    stream=GAME_STREAM,
    version=7,
    kind="line_drawn",
    schema_version=1,
    at=_NOON,
    by=ANN.id,
    command_id=ID,
    cause="lobby/main@3",
    data={"seat": 1, "line": "b3h", "kind": "line_drawn"},
    hash=HEAD,
)
_STUCK: Final = told.StuckRow(
    stream=GAME_STREAM,
    position=1_000_007,
    version=7,
    tries=5,
    error="KeyError('x')",
    is_parked=True,
    waiting=2,
    timer="turn",
)
_PROCESS: Final = told.ProcessRow(
    name="play-bots",
    state="following",
    position=1_000_007,
    lag=2,
    error=None,
    stuck=(_STUCK,),
    timers=3,
    rebuilt_to=50_000,
)
_READ_MODEL: Final = told.ReadModelRow(
    name="standings",
    state="following",
    position=1_000_007,
    lag=2,
    error=None,
    rebuilt_to=50_000,
)
_TABLE: Final = told.TableRow(
    file="processes.db",
    table="checkpoints",
    columns=("name", "checkpoint"),
    key=("name",),
)
_PLAYER: Final = told.PlayerRow(
    player=ANN.id, name=ANN.name, signed_up_at=_NOON, played=7, won=3, drawn=1, lost=3, boxes=50
)
_GAME: Final = told.GameRow(
    game=GAME,
    state="finished",
    board=BOARD,
    seats=2,
    private=True,
    taken=(
        told.SeatRow(player=ANN.id, name=ANN.name, bot=None, boxes=9, result="won"),
        told.SeatRow(player="bot-greedy", name="Greedy bot", bot="greedy", boxes=6, result="lost"),
    ),
    opened_at=_NOON,
    started_at=_NOON + timedelta(minutes=1),
    ended_at=_NOON + timedelta(minutes=5),
    ending="played_out",
)

QUESTIONS: Final[tuple[ask.Question, ...]] = (
    ask.ListEvents(
        stream_prefix="game/",
        event_kind="line_drawn",
        actor=ANN.id,
        since=_NOON,
        until=_NOON + timedelta(hours=1),
        after=7,
        before=1_000_007,
        newest_first=True,
        limit=50,
        wait_seconds=2.5,
    ),
    ask.ListAggregates(prefix="game/", after=GAME_STREAM, limit=50),
    ask.ShowState(stream=GAME_STREAM, version=7),
    ask.CheckStream(stream=GAME_STREAM),
    ask.ListProcesses(),
    ask.RetryStuck(process="play-bots", stream=GAME_STREAM),
    ask.SkipStuck(process="play-bots", stream=GAME_STREAM),
    ask.PauseProcess(process="play-bots"),
    ask.ResumeProcess(process="play-bots"),
    ask.RebuildProcess(process="play-bots"),
    ask.ListReadModels(),
    ask.RebuildReadModel(read_model="standings"),
    ask.RebuildAllReadModels(),
    ask.InterruptRebuild(read_model="standings"),
    ask.PauseReadModel(read_model="standings"),
    ask.ResumeReadModel(read_model="standings"),
    ask.ResetReadModel(read_model="standings"),
    ask.ListTables(),
    ask.ShowRows(
        file="processes.db",
        table="checkpoints",
        prefix="play",
        start="play-bots",
        page="opaque",
        limit=50,
        reverse=True,
    ),
    ask.ListPlayers(name="an", anywhere=True, after=ANN.name, limit=50),
    ask.ListGames(
        state="finished",
        board=BOARD,
        player=ANN.id,
        opponent="bot-greedy",
        result="won",
        page="opaque",
        limit=50,
    ),
    ask.ListStandings(limit=50),
    ask.ShowActivity(since=_NOON.date() - timedelta(days=1), until=_NOON.date()),
    ask.ShowSystem(),
    ask.FreezeServer(reason="moving house"),
    ask.UnfreezeServer(),
    ask.ForgetPlayer(player=ANN.id),
    ask.GrantAdmin(player=ANN.id),
    ask.WithdrawAdmin(player=ANN.id),
)

ANSWERS: Final[tuple[told.Answer, ...]] = (
    told.EventsPage(events=(_EVENT,), next=1_000_007, end=1_000_009),
    told.AggregatesPage(
        aggregates=(told.AggregateRow(stream=GAME_STREAM, version=7, at=_NOON),), next=GAME_STREAM
    ),
    told.StateIs(
        stream=GAME_STREAM, version=7, latest=9, state={"seats": [None, 1, "x"]}, event=_EVENT
    ),
    told.StreamChecked(
        stream=GAME_STREAM, version=7, latest=9, head=HEAD, problem="it was changed"
    ),
    told.ProcessesAre(processes=(_PROCESS,), end=1_000_009),
    told.ReadModelsAre(read_models=(_READ_MODEL,), end=1_000_009),
    told.TablesAre(tables=(_TABLE,)),
    told.RowsPage(
        file="processes.db",
        table="checkpoints",
        columns=("name", "checkpoint"),
        key=("name",),
        rows=(("play-bots", 1_000_007),),
        next="opaque",
        previous=None,
    ),
    told.PlayersPage(players=(_PLAYER,), next=ANN.name),
    told.GamesPage(games=(_GAME,), next="opaque"),
    told.StandingsAre(
        players=(_PLAYER.model_copy(update={"name": None, "signed_up_at": None}),),
    ),
    told.ActivityIs(
        days=(
            told.DayRow(
                day=_NOON.date(),
                sign_ups=1,
                games_opened=5,
                games_started=4,
                games_ended=3,
                lines_drawn=123,
            ),
        )
    ),
    told.SystemIs(
        version="0.1.0",
        python="3.11.7",
        sqlite="3.51.3",
        folder="data",
        now=_NOON,
        uptime_seconds=61.5,
        connections=3,
        players=1,
        operators=1,
        games_open=4,
        games_live=5,
        events=1_000_009,
        events_a_second=12.5,
        lag=2,
        parked=1,
        log_bytes=123_456_789,
        memory_bytes=98_765_432,
        frozen="moving house",
        quarantined=(told.QuarantinedRow(stream=GAME_STREAM, version=7, error="it was changed"),),
        log_trouble="events.db was deleted, moved or replaced",
    ),
    told.Done(sentence="play-bots goes on"),
    told.NotDone(code="unknown_process", sentence="there is no process x"),
)

_SHAPES: Final = {"system_is": 2}
"""How often the answers have changed that have; the others are as they were."""


def _name_of(kind: str) -> str:
    """What an answer of this kind is stored under."""
    shape = _SHAPES.get(kind)
    return f"answered-{kind}" + ("" if shape is None else f".{shape}")


OPERATOR_MESSAGES: Final = {
    f"ask-{question.kind}": Ask(id=ID, question=question) for question in QUESTIONS
}

TO_OPERATORS: Final[dict[str, OperatorServerMessage]] = {
    "operator_welcome": OperatorWelcome(protocol=1, server="0.1.0"),
    "refused": Refused(id=ID, code="malformed_frame", sentence="frame: Invalid JSON"),
    **{_name_of(answer.kind): Answered(id=ID, answer=answer) for answer in ANSWERS},
}
