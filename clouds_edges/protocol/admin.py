"""What an operator may ask of a running server, and what it answers.

`Asks[EventsPage]` is a question whose answer is an `EventsPage`, unless it is `NotDone`: then its
code and sentence say what stood in the way. How both cross the socket is in `admin_messages`.
"""

from __future__ import annotations

from datetime import date
from typing import (
    Annotated,
    Final,
    Generic,
    Literal,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
)

from annotated_types import Ge, Le
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StringConstraints,
)

from clouds_edges.protocol.admin_answers import (
    ActivityIs,
    AggregatesPage,
    Done,
    EventsPage,
    GamesPage,
    GameState,
    PlayersPage,
    ProcessesAre,
    ReadModelsAre,
    Result,
    RowsPage,
    StandingsAre,
    StateIs,
    StreamChecked,
    SystemIs,
    TablesAre,
)
from clouds_edges.protocol.messages import LONGEST_ID
from clouds_edges.rules import Board

MOST_ROWS: Final = 500
"""Rows on one page."""
USUAL_ROWS: Final = 100
MOST_DAYS: Final = 366
"""Days that are told of at once."""
USUAL_DAYS: Final = 14
MOST_UNDER_WAY: Final = 16
"""Questions of one connection that may wait for their answers."""
LONGEST_WAIT: Final = 30.0
"""Seconds that a question may wait for something to happen."""
LONGEST_TEXT: Final = 200
"""Characters of a name, a filter, a reason."""
LONGEST_CURSOR: Final = 4000
LARGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes of one answer; the state of a long stream is shown whole."""

_LARGEST: Final = 2**63 - 1

Count: TypeAlias = Annotated[int, Ge(0), Le(_LARGEST)]
"""A position in the log or a version in a stream; 0 is before the first."""
Limit: TypeAlias = Annotated[int, Ge(1), Le(MOST_ROWS)]
Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Filter: TypeAlias = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
Player: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ID)]
"""The id of a player, or of a bot."""
Cursor: TypeAlias = Annotated[str, StringConstraints(max_length=LONGEST_CURSOR)]
"""Where a page begins; only the server knows what is inside."""

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Asks(Generic[A_co]):
    """Marks a question with the kind of its answer."""


def answer_of(question: Asks[A]) -> type[A]:
    """The kind of the answer that a question is marked with."""
    bases: tuple[type, ...] = vars(type(question))["__orig_bases__"]
    (marked,) = (get_args(base) for base in bases if get_origin(base) is Asks)
    return cast("type[A]", marked[0])  # as `Asks[A]` says


class ListEvents(_Message, Asks[EventsPage]):
    """Which events are in the log?

    Between the positions `after` and `before` (both left out) and the times `since` (included)
    and `until` (left out), of streams that begin with `stream_prefix`, of one kind, signed by one
    actor. When there are none, the answer comes once there is one, or after `wait_seconds`.
    """

    kind: Literal["list_events"] = "list_events"
    stream_prefix: Filter = ""
    event_kind: Filter | None = None
    actor: Filter | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: Count = 0
    before: Count | None = None
    newest_first: bool = False
    limit: Limit = USUAL_ROWS
    wait_seconds: Annotated[float, Ge(0), Le(LONGEST_WAIT)] = 0.0


class ListAggregates(_Message, Asks[AggregatesPage]):
    """Which streams are there, by name, behind `after`?"""

    kind: Literal["list_aggregates"] = "list_aggregates"
    prefix: Filter = ""
    after: Filter = ""
    limit: Limit = USUAL_ROWS


class ShowState(_Message, Asks[StateIs]):
    """What was the state of a stream at this version, or (None) is it now?"""

    kind: Literal["show_state"] = "show_state"
    stream: Name
    version: Count | None = None


class CheckStream(_Message, Asks[StreamChecked]):
    """Do the events of a stream hold: readable, chained, folding?"""

    kind: Literal["check_stream"] = "check_stream"
    stream: Name


class ListProcesses(_Message, Asks[ProcessesAre]):
    """How do the processes stand?"""

    kind: Literal["list_processes"] = "list_processes"


class RetryStuck(_Message, Asks[Done]):
    """Let a process try again at once what it is stuck at in a stream."""

    kind: Literal["retry_stuck"] = "retry_stuck"
    process: Name
    stream: Name


class SkipStuck(_Message, Asks[Done]):
    """Let a process leave out the event it is stuck at in a stream, and go on behind it."""

    kind: Literal["skip_stuck"] = "skip_stuck"
    process: Name
    stream: Name


class PauseProcess(_Message, Asks[Done]):
    """Let a process rest until it is resumed."""

    kind: Literal["pause_process"] = "pause_process"
    process: Name


class ResumeProcess(_Message, Asks[Done]):
    """Let a process that was paused, or has stopped, go on."""

    kind: Literal["resume_process"] = "resume_process"
    process: Name


class RebuildProcess(_Message, Asks[Done]):
    """Fold a process's own state again from the beginning, silently; answered at the end."""

    kind: Literal["rebuild_process"] = "rebuild_process"
    process: Name


class ListReadModels(_Message, Asks[ReadModelsAre]):
    """How do the read models stand?"""

    kind: Literal["list_read_models"] = "list_read_models"


class RebuildReadModel(_Message, Asks[Done]):
    """Build a read model anew beside the live copy, and swap them; answered at the end.

    It goes on when the operator hangs up. Asked again meanwhile, both wait for the same end.
    """

    kind: Literal["rebuild_read_model"] = "rebuild_read_model"
    read_model: Name


class RebuildAllReadModels(_Message, Asks[Done]):
    """Build all read models anew, in one pass over the log; answered at the end."""

    kind: Literal["rebuild_all_read_models"] = "rebuild_all_read_models"


class InterruptRebuild(_Message, Asks[Done]):
    """Interrupt the rebuild of a read model; the next one goes on from where it was."""

    kind: Literal["interrupt_rebuild"] = "interrupt_rebuild"
    read_model: Name


class PauseReadModel(_Message, Asks[Done]):
    """Let a read model rest until it is resumed."""

    kind: Literal["pause_read_model"] = "pause_read_model"
    read_model: Name


class ResumeReadModel(_Message, Asks[Done]):
    """Let a read model that was paused, or has stopped, go on."""

    kind: Literal["resume_read_model"] = "resume_read_model"
    read_model: Name


class ResetReadModel(_Message, Asks[Done]):
    """Empty a read model in place, and fold it again from the beginning."""

    kind: Literal["reset_read_model"] = "reset_read_model"
    read_model: Name


class ListTables(_Message, Asks[TablesAre]):
    """Which tables can be looked into?"""

    kind: Literal["list_tables"] = "list_tables"


class ShowRows(_Message, Asks[RowsPage]):
    """Which rows are in a table, in the order of its key or, `reverse`, against it?

    With a `prefix` only those whose key begins with it: the key is then the first one of the
    table that begins with a text. It begins at `start`, a value of the key's first column; or else
    the `page` that another answer named.
    """

    kind: Literal["show_rows"] = "show_rows"
    file: Name
    table: Name
    prefix: Filter = ""
    start: Filter | None = None
    page: Cursor | None = None
    limit: Limit = USUAL_ROWS
    reverse: bool = False


class ListPlayers(_Message, Asks[PlayersPage]):
    """Who has signed up, by name, behind the name `after`?

    With a `name` only those whose names begin with it, or, `anywhere`, hold it.
    """

    kind: Literal["list_players"] = "list_players"
    name: Filter = ""
    anywhere: bool = False
    after: Filter = ""
    limit: Limit = USUAL_ROWS


class ListGames(_Message, Asks[GamesPage]):
    """Which games are there, or were there, the newest first?

    In one state, of one size, of one player, perhaps against somebody or with a result. It begins
    at the `page` that another answer named.
    """

    kind: Literal["list_games"] = "list_games"
    state: GameState | None = None
    board: Board | None = None
    player: Player | None = None
    opponent: Player | None = None
    result: Result | None = None
    page: Cursor | None = None
    limit: Limit = USUAL_ROWS


class ListStandings(_Message, Asks[StandingsAre]):
    """Who has done best in finished games?"""

    kind: Literal["list_standings"] = "list_standings"
    limit: Limit = USUAL_ROWS


class ShowActivity(_Message, Asks[ActivityIs]):
    """What went on from the day `since` to the day `until`, both included, in UTC?

    Without `until` up to today; without `since` for the last `USUAL_DAYS` days.
    """

    kind: Literal["show_activity"] = "show_activity"
    since: date | None = None
    until: date | None = None


class ShowSystem(_Message, Asks[SystemIs]):
    """How does the server do?"""

    kind: Literal["show_system"] = "show_system"


class FreezeServer(_Message, Asks[Done]):
    """Refuse all writes from now on, with this reason; reads go on."""

    kind: Literal["freeze_server"] = "freeze_server"
    reason: Name


class UnfreezeServer(_Message, Asks[Done]):
    """Allow writes again."""

    kind: Literal["unfreeze_server"] = "unfreeze_server"


class ForgetPlayer(_Message, Asks[Done]):
    """Forget a player's name for ever; `player` is the id."""

    kind: Literal["forget_player"] = "forget_player"
    player: Player


class GrantAdmin(_Message, Asks[Done]):
    """Give a player the role of admin, to look after the server from anywhere."""

    kind: Literal["grant_admin"] = "grant_admin"
    player: Player


class WithdrawAdmin(_Message, Asks[Done]):
    """Take the role of admin back from a player."""

    kind: Literal["withdraw_admin"] = "withdraw_admin"
    player: Player


Question: TypeAlias = (
    ListEvents
    | ListAggregates
    | ShowState
    | CheckStream
    | ListProcesses
    | RetryStuck
    | SkipStuck
    | PauseProcess
    | ResumeProcess
    | RebuildProcess
    | ListReadModels
    | RebuildReadModel
    | RebuildAllReadModels
    | InterruptRebuild
    | PauseReadModel
    | ResumeReadModel
    | ResetReadModel
    | ListTables
    | ShowRows
    | ListPlayers
    | ListGames
    | ListStandings
    | ShowActivity
    | ShowSystem
    | FreezeServer
    | UnfreezeServer
    | ForgetPlayer
    | GrantAdmin
    | WithdrawAdmin
)
