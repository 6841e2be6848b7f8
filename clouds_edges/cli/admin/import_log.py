"""`clouds-edges admin import`."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clouds_edges.cli.data_folder import Data, log_file, log_to_extend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clouds_edges.eventsourcing.log_entry import StoredLog


def import_log(
    file: Annotated[
        Path, typer.Argument(help="What export wrote.", exists=True, dir_okay=False, readable=True)
    ],
    data: Data = None,
) -> None:
    """Take in what export wrote.

    Stop the server first. All of the file is taken in, or nothing. The log here is empty, or the
    file continues it; what is there already is left as it is. Keys of names are of use before a
    server has run on the log without them: it makes others.
    """
    from contextlib import closing

    from clouds_edges.application.system import KEYS
    from clouds_edges.application.vocabulary import CODEC, folding_of
    from clouds_edges.cli.admin.progress import opened, progress
    from clouds_edges.cli.trouble import of_the_store
    from clouds_edges.eventsourcing.keyring import KeyFile, MemoryKeyring
    from clouds_edges.eventsourcing.log_transfer import LogImport
    from clouds_edges.eventsourcing.memory_log import MemoryLog
    from clouds_edges.eventsourcing.sqlite_log import extending

    if not file.is_file():
        message = f"{file} is no regular file, and it is read twice: save what it brings as one"
        raise typer.BadParameter(message, param_hint="FILE")
    codec = CODEC.sealed_by(MemoryKeyring())  # names are not looked at
    with of_the_store(), progress() as bars:
        source = opened(bars, file), str(file)
        is_new = not log_file(data).exists()
        if is_new:  # a file that is refused leaves no empty log behind
            with interruption_told(empty := MemoryLog()):
                LogImport(empty, codec, folding_of).check(*source)
        path = log_to_extend(data)
        with extending(path) as log, closing(KeyFile(path.parent / KEYS)) as keys:
            taking = LogImport(log, codec, folding_of, keys.add_all)
            with interruption_told(log):
                came = taking.store(*source) if is_new else taking.run(*source)
    typer.echo(_told(came.events, came.end), err=True)
    if came.other_keys:
        words = "keys were left out: their owners have others here, or were forgotten"
        typer.echo(f"{came.other_keys} {words}", err=True)
    if came.events:
        typer.echo(
            f"before you serve, copy tokens.db of the server it came from into {path.parent} too: "
            "else nobody is let in as who they were",
            err=True,
        )


@contextmanager
def interruption_told(log: StoredLog) -> Iterator[None]:
    """Say on Ctrl-C what of the file is in the log."""
    before = log.end()
    try:
        yield
    except KeyboardInterrupt:
        end = log.end()
        typer.echo(f"interrupted: {_told(end - before, end)}", err=True)
        raise


def _told(events: int, end: int) -> str:
    return f"imported {events} events; the log ends with event {end}"
