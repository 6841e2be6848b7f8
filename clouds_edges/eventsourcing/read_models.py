"""All read models of one log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from clouds_edges.eventsourcing.errors import RebuildInterrupted
from clouds_edges.eventsourcing.rebuild import rebuild_together

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.read_model import ReadModel
    from clouds_edges.eventsourcing.rebuild import Builder

E = TypeVar("E")

_LOG: Final = logging.getLogger(__name__)


async def run_together(models: Sequence[ReadModel[E]], builder: Builder[E]) -> None:
    """Let read models follow the log until cancelled.

    Those that are far behind are built first, with one pass over the log for all of them; the
    others follow meanwhile.
    """
    far = await _far_behind(models)
    async with asyncio.TaskGroup() as tasks:
        for model in models:
            if model not in far:
                tasks.create_task(model.run())
        try:
            await rebuild_together(far, builder)
        except RebuildInterrupted as interrupted:
            _LOG.info("%s: the others are built one by one", interrupted)
        except Exception:  # noqa: BLE001 - each tries again by itself
            _LOG.exception("the read models that are far behind were not built together")
        for model in far:
            tasks.create_task(model.run())


async def _far_behind(models: Sequence[ReadModel[E]]) -> Sequence[ReadModel[E]]:
    try:
        return [model for model in models if await model.is_far()]
    except Exception:  # noqa: BLE001 - each finds out by itself
        _LOG.exception("how far the read models are behind is not known")
        return ()
