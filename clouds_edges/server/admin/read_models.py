"""The operator's view of the read models, and what can be done about them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from clouds_edges.protocol.admin_answers import Done, ReadModelRow, ReadModelsAre
from clouds_edges.server.admin.long_work import NothingUnderWay

if TYPE_CHECKING:
    from clouds_edges.application.system import System
    from clouds_edges.eventsourcing.read_model_status import ReadModelStatus
    from clouds_edges.protocol.admin import (
        InterruptRebuild,
        ListReadModels,
        PauseReadModel,
        RebuildAllReadModels,
        RebuildReadModel,
        ResetReadModel,
        ResumeReadModel,
    )
    from clouds_edges.server.admin.long_work import LongWork

_ALL: Final = "all read models"


class ReadModelsView:
    """Answers the questions about read models; those about an unknown one list the known."""

    def __init__(self, system: System, work: LongWork) -> None:
        self._system = system
        self._work = work

    async def all(self, _: ListReadModels) -> ReadModelsAre:
        """How each of them stands."""
        rows = tuple(read_model_row(one.status) for one in self._system.read_models.values())
        return ReadModelsAre(read_models=rows, end=await self._system.store.end())

    async def rebuild(self, asked: RebuildReadModel) -> Done:
        """Build one anew, and swap it."""
        name = self._system.read_model(asked.read_model).name
        await self._work.do(name, partial(self._system.rebuild, name))
        return Done(sentence=f"{name} is built anew")

    async def rebuild_all(self, _: RebuildAllReadModels) -> Done:
        """Build all of them anew in one pass over the log."""
        await self._work.do(_ALL, partial(self._system.rebuild, *self._system.read_models))
        return Done(sentence=f"{', '.join(self._system.read_models)} are built anew")

    async def interrupt(self, asked: InterruptRebuild) -> Done:
        """End a rebuild before its time, whoever has begun it."""
        model = self._system.read_model(asked.read_model)
        for work in (model.name, _ALL):
            with suppress(NothingUnderWay):
                self._work.interrupt(work)
                words = "is interrupted; the next one goes on from there"
                return Done(sentence=f"the rebuild of {model.name} {words}")
        if model.status.rebuilt_to is None:
            message = f"no rebuild of {model.name} is under way"
            raise NothingUnderWay(message)
        model.interrupt()
        words = (
            "ends in a moment; its rows follow the log as they are, the next one goes on from there"
        )
        return Done(sentence=f"the rebuild of {model.name} {words}")

    async def pause(self, asked: PauseReadModel) -> Done:
        """Let one rest."""
        self._system.read_model(asked.read_model).pause()
        words = "rests until it is resumed, or the server is restarted"
        return Done(sentence=f"{asked.read_model} {words}")

    async def resume(self, asked: ResumeReadModel) -> Done:
        """Let one go on."""
        self._system.read_model(asked.read_model).resume()
        return Done(sentence=f"{asked.read_model} goes on")

    async def reset(self, asked: ResetReadModel) -> Done:
        """Empty one, and let it follow from the beginning."""
        await self._system.read_model(asked.read_model).reset()
        return Done(sentence=f"{asked.read_model} is empty, and follows from the beginning")


def read_model_row(status: ReadModelStatus) -> ReadModelRow:
    """A read model as operators see it."""
    return ReadModelRow(
        name=status.name,
        state=status.state.value,
        position=status.position,
        lag=status.lag,
        error=status.error,
        rebuilt_to=status.rebuilt_to,
    )
