"""`clouds-edges admin export`."""

from __future__ import annotations

from typing import Annotated

import typer

from clouds_edges.cli.data_folder import Data, existing_log


def export_log(
    data: Data = None,
    after: Annotated[
        int, typer.Option(metavar="<n>", help="What comes behind this event.", min=0)
    ] = 0,
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="<file>", help="The file; - for the standard output."
        ),
    ] = "-",
    *,
    keys: Annotated[
        bool, typer.Option("--keys", help="With the keys of the names: keep it secret.")
    ] = False,
) -> None:
    """Write the event log as lines of JSON.

    The server may be running meanwhile.
    """
    from clouds_edges.cli.admin.keys import keys_beside
    from clouds_edges.cli.admin.output import written_to
    from clouds_edges.cli.admin.progress import progress
    from clouds_edges.cli.trouble import Trouble, of_the_store
    from clouds_edges.eventsourcing.log_transfer import export_log as lines_of
    from clouds_edges.eventsourcing.recorded import Checkpoint
    from clouds_edges.eventsourcing.sqlite_log import reading

    if not output:
        message = "an empty text is no name of a file"
        raise typer.BadParameter(message, param_hint="--output")
    path = existing_log(data)
    with of_the_store(), reading(path) as log, keys_beside(path) as key_file:
        end = log.end()
        if after > end:
            message = f"the log ends with event {end}: there is nothing behind {after}"
            raise Trouble(message)
        with written_to(output, path) as write, progress() as bars:
            with_keys = key_file.all_keys() if keys and key_file else ()
            lines = lines_of(log, Checkpoint(after), end, with_keys)
            for line in bars.track(lines, total=end - after + 2, description="exporting"):
                write(line)
    typer.echo(f"exported {end - after} events; what comes later: --after {end}", err=True)
    if keys:
        typer.echo(
            "before you serve it elsewhere, stop the server here, and copy "
            f"{path.with_name('tokens.db')} there too: else nobody is let in as who they were",
            err=True,
        )
