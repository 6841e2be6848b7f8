"""`clouds-edges admin models`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from clouds_edges.cli.admin.asking import Json
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    import asyncio

    from rich.progress import Progress, TaskID

    from clouds_edges.client.admin_connection import AdminConnection
    from clouds_edges.protocol.admin import Asks
    from clouds_edges.protocol.admin_answers import Done

models = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="MODEL", help="The name of the read model.")]

_BETWEEN_LOOKS: Final = 0.2
"""Seconds."""


@models.command("list")
def list_models(data: Data = None, *, json: Json = False) -> None:
    """Show how each read model stands."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_columns, show_json
    from clouds_edges.protocol.admin import ListReadModels

    answer = ask(data, ListReadModels())
    if json:
        show_json(answer)
        return
    show_columns(
        ("read model", "state", "position", "lag", "rebuilt to", "error"),
        (
            (one.name, one.state, one.position, one.lag, one.rebuilt_to, one.error)
            for one in answer.read_models
        ),
    )


@models.command()
def rebuild(
    name: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="The read model; all of them.")
    ] = None,
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """Build a read model anew.

    It is built beside the live copy, and then swapped with it. Ctrl-C ends the waiting, not the
    work: interrupt ends that.
    """
    from clouds_edges.cli.admin.asking import run
    from clouds_edges.cli.admin.showing import show_done
    from clouds_edges.protocol.admin import RebuildAllReadModels, RebuildReadModel

    question = RebuildAllReadModels() if name is None else RebuildReadModel(read_model=name)
    show_done(run(_rebuild(data, question)), as_json=json)


@models.command()
def interrupt(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Interrupt a rebuild.

    The next one goes on from where it was.
    """
    from clouds_edges.protocol.admin import InterruptRebuild

    _do(data, InterruptRebuild(read_model=name), as_json=json)


@models.command()
def pause(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Let a read model rest.

    It does so until it is resumed, or the server is restarted.
    """
    from clouds_edges.protocol.admin import PauseReadModel

    _do(data, PauseReadModel(read_model=name), as_json=json)


@models.command()
def resume(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Let a read model go on.

    It was paused, or has stopped.
    """
    from clouds_edges.protocol.admin import ResumeReadModel

    _do(data, ResumeReadModel(read_model=name), as_json=json)


@models.command()
def reset(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Empty a read model, and fold it again.

    That is done in place, from the beginning of the log.
    """
    from clouds_edges.protocol.admin import ResetReadModel

    _do(data, ResetReadModel(read_model=name), as_json=json)


def _do(data: Path | None, question: Asks[Done], *, as_json: bool) -> None:
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_done

    show_done(ask(data, question), as_json=as_json)


async def _rebuild(data: Path | None, question: Asks[Done]) -> Done:
    """Ask for the rebuild, and show how far it is while waiting for its end."""
    import asyncio

    from clouds_edges.cli.admin.asking import connection
    from clouds_edges.cli.admin.progress import progress

    async with connection(data) as operator:
        rebuilding = asyncio.ensure_future(operator.ask(question))
        with progress() as bars:
            await _show_progress(operator, rebuilding, bars)
        return await rebuilding


async def _show_progress(
    operator: AdminConnection, rebuilding: asyncio.Future[Done], bars: Progress
) -> None:
    import asyncio

    from clouds_edges.protocol.admin import ListReadModels

    shown: dict[str, TaskID] = {}
    while not (await asyncio.wait([rebuilding], timeout=_BETWEEN_LOOKS))[0]:
        answer = await operator.ask(ListReadModels())
        for one in answer.read_models:
            if one.rebuilt_to is not None:
                if one.name not in shown:
                    shown[one.name] = bars.add_task(one.name)
                bars.update(shown[one.name], completed=one.rebuilt_to, total=answer.end)
