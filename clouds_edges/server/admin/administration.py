"""Every question of an operator, and what answers it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clouds_edges.domain.actors import Admin
from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.eventsourcing.errors import EventSourcingError
from clouds_edges.protocol import admin as questions
from clouds_edges.protocol.admin_answers import Answer, NotDone
from clouds_edges.server.answers import code_of
from clouds_edges.server.metrics import Moment

if TYPE_CHECKING:
    from clouds_edges.server.admin.figures import Figures
    from clouds_edges.server.admin.lists import ListsView
    from clouds_edges.server.admin.log import LogView
    from clouds_edges.server.admin.operations import Operations
    from clouds_edges.server.admin.processes import ProcessesView
    from clouds_edges.server.admin.read_models import ReadModelsView
    from clouds_edges.server.admin.storage import Storage

_LOG: Final = logging.getLogger(__name__)

Handler = Callable[[Any], Awaitable[Answer]]
"""Answers one kind of question."""
Operation = Callable[[Any, Admin], Awaitable[Answer]]
"""Does what is asked for in the name of who asks for it."""


@dataclass(frozen=True, slots=True)
class Views:
    """What the answers come from."""

    log: LogView
    processes: ProcessesView
    read_models: ReadModelsView
    storage: Storage
    lists: ListsView
    figures: Figures
    operations: Operations


class Administration:
    """Answers operators; what is refused, and trouble with the store, are answers as well."""

    def __init__(self, views: Views) -> None:
        log, processes, read_models = views.log, views.processes, views.read_models
        storage, lists = views.storage, views.lists
        figures, operations = views.figures, views.operations
        self._views = views
        self._handlers: dict[type, Handler] = {
            questions.ListEvents: log.events,
            questions.ListAggregates: log.aggregates,
            questions.ShowState: log.state,
            questions.CheckStream: log.check,
            questions.ListProcesses: processes.all,
            questions.RetryStuck: processes.retry,
            questions.SkipStuck: processes.skip,
            questions.PauseProcess: processes.pause,
            questions.ResumeProcess: processes.resume,
            questions.RebuildProcess: processes.rebuild,
            questions.ListReadModels: read_models.all,
            questions.RebuildReadModel: read_models.rebuild,
            questions.RebuildAllReadModels: read_models.rebuild_all,
            questions.InterruptRebuild: read_models.interrupt,
            questions.PauseReadModel: read_models.pause,
            questions.ResumeReadModel: read_models.resume,
            questions.ResetReadModel: read_models.reset,
            questions.ListTables: lambda _: storage.tables(),
            questions.ShowRows: storage.page,
            questions.ListPlayers: lists.players,
            questions.ListGames: lists.games,
            questions.ListStandings: lists.standings,
            questions.ShowActivity: lists.activity,
            questions.ShowSystem: lambda _: figures.system_is(),
        }
        self._operations: dict[type, Operation] = {
            questions.FreezeServer: operations.freeze,
            questions.UnfreezeServer: operations.unfreeze,
            questions.ForgetPlayer: operations.forget,
            questions.GrantAdmin: operations.grant,
            questions.WithdrawAdmin: operations.withdraw,
        }

    async def check_role(self, by: Admin) -> None:
        """Answer nobody without the role.

        Raises:
            NotAdmin: They have it no more.
            EventSourcingError: Whether they have it cannot be read.
        """
        await self._views.operations.check_role(by)

    async def answer(self, question: questions.Question, by: Admin) -> Answer:
        """The answer to a question, for who has the role of admin."""
        try:
            await self.check_role(by)
            operation = self._operations.get(type(question))
            if operation is not None:
                return await operation(question, by)
            return await self._handlers[type(question)](question)
        except Refused as refused:
            return NotDone(code=refused.code, sentence=refused.sentence)
        except EventSourcingError as trouble:
            _LOG.warning("a question of the operator, %s, failed: %s", question.kind, trouble)
            return NotDone(code=code_of(trouble), sentence=str(trouble))

    async def moment(self) -> Moment:
        """Everything that is measured, now; raises `EventSourcingError`."""
        system = await self._views.figures.system_is()
        processes = await self._views.processes.all(questions.ListProcesses())
        read_models = await self._views.read_models.all(questions.ListReadModels())
        return Moment(system, processes.processes, read_models.read_models)
