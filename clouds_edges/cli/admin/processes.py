"""`clouds-edges admin processes`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clouds_edges.cli.admin.asking import Json
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from clouds_edges.protocol.admin import Asks
    from clouds_edges.protocol.admin_answers import Done, ProcessesAre

processes = typer.Typer(rich_markup_mode=None, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="PROCESS", help="The name of the process.")]
Stream = Annotated[str, typer.Argument(help="The stream in which it is stuck.")]


@processes.command("list")
def list_processes(data: Data = None, *, json: Json = False) -> None:
    """Show how each process stands.

    Where one is stuck is listed below.
    """
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_json
    from clouds_edges.protocol.admin import ListProcesses

    answer = ask(data, ListProcesses())
    if json:
        show_json(answer)
    else:
        _show(answer)


@processes.command()
def retry(name: Name, stream: Stream, data: Data = None, *, json: Json = False) -> None:
    """Try again at once what failed in a stream."""
    from clouds_edges.protocol.admin import RetryStuck

    _do(data, RetryStuck(process=name, stream=stream), as_json=json)


@processes.command()
def skip(name: Name, stream: Stream, data: Data = None, *, json: Json = False) -> None:
    """Leave out what failed in a stream.

    The process goes on behind it.
    """
    from clouds_edges.protocol.admin import SkipStuck

    _do(data, SkipStuck(process=name, stream=stream), as_json=json)


@processes.command()
def pause(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Let a process rest.

    It does so until it is resumed, or the server is restarted.
    """
    from clouds_edges.protocol.admin import PauseProcess

    _do(data, PauseProcess(process=name), as_json=json)


@processes.command()
def resume(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Let a process go on.

    It was paused, or has stopped.
    """
    from clouds_edges.protocol.admin import ResumeProcess

    _do(data, ResumeProcess(process=name), as_json=json)


@processes.command()
def rebuild(name: Name, data: Data = None, *, json: Json = False) -> None:
    """Fold a process's own state again.

    That begins with the log, and repeats no effect.
    """
    from clouds_edges.protocol.admin import RebuildProcess

    _do(data, RebuildProcess(process=name), as_json=json)


def _do(data: Path | None, question: Asks[Done], *, as_json: bool) -> None:
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_done

    show_done(ask(data, question), as_json=as_json)


def _show(answer: ProcessesAre) -> None:
    from clouds_edges.cli.admin.showing import show_columns

    show_columns(
        ("process", "state", "position", "lag", "timers", "error"),
        (
            (one.name, one.state, one.position, one.lag, one.timers, one.error)
            for one in answer.processes
        ),
    )
    stuck = [(process.name, one) for process in answer.processes for one in process.stuck]
    if stuck:
        typer.echo()
        show_columns(
            ("stuck", "event", "timer", "tries", "parked", "waiting", "error"),
            (
                (
                    name,
                    f"{one.stream}@{one.version}",
                    one.timer,
                    one.tries,
                    "yes" if one.is_parked else "no",
                    one.waiting,
                    one.error,
                )
                for name, one in stuck
            ),
        )
