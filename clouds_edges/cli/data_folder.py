"""Where a server keeps its data, for every command that has to do with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from clouds_edges.cli.trouble import Trouble

Data: TypeAlias = Annotated[
    Path | None, typer.Option("--data", help="The folder of the event log.", file_okay=False)
]


def data_folder(data: Path | None) -> Path:
    """The folder that was asked for, or the one that a server uses by itself."""
    import platformdirs

    return data or platformdirs.user_data_path("clouds-edges") / "server"


def log_file(data: Path | None) -> Path:
    """The file of the event log in a folder, whether or not it is there."""
    return data_folder(data) / "events.db"


def existing_log(data: Path | None) -> Path:
    """The file of the event log in a folder.

    Raises:
        Trouble: There is none.
    """
    path = log_file(data)
    if not path.exists():
        message = (
            f"there is no event log in {path.parent}: say with --data where the server has its own"
        )
        raise Trouble(message)
    return path


def log_to_extend(data: Path | None) -> Path:
    """The file of the event log in a folder, which is made if it is not there.

    Raises:
        Trouble: It cannot be made.
    """
    path = log_file(data)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = f"the folder {path.parent} cannot be made: {error.strerror}"
        raise Trouble(message) from error
    return path
