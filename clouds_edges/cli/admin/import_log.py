"""`clouds-edges admin import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clouds_edges.cli.data_folder import Data, log_file, log_to_extend


def import_log(
    file: Annotated[
        Path, typer.Argument(help="What export wrote.", exists=True, dir_okay=False, readable=True)
    ],
    data: Data = None,
) -> None:
    """Take in what export wrote, all of it or nothing; stop the server first.

    The log here is empty, or the file continues it; what is there already is left as it is.
    """
    from clouds_edges.application.vocabulary import CODEC
    from clouds_edges.cli.admin.progress import opened, progress
    from clouds_edges.cli.trouble import of_the_store
    from clouds_edges.eventsourcing.log_transfer import LogImport
    from clouds_edges.eventsourcing.memory_log import MemoryLog
    from clouds_edges.eventsourcing.sqlite_log import extending

    with of_the_store(), progress() as bars:
        source = opened(bars, file), str(file)
        if not log_file(data).exists():  # a file that is refused leaves no empty log behind
            LogImport(MemoryLog(), CODEC).check(*source)
        with extending(log_to_extend(data)) as log:
            came = LogImport(log, CODEC).run(*source)
    typer.echo(f"imported {came.events} events; the log ends with event {came.end}", err=True)
