"""`clouds-edges admin`: what the operator of a server does with it, and with its data."""

from __future__ import annotations

from typing import Final

import typer

from clouds_edges.cli.admin.activity import activity
from clouds_edges.cli.admin.app import open_app
from clouds_edges.cli.admin.asking import ELSEWHERE, Server
from clouds_edges.cli.admin.events import events
from clouds_edges.cli.admin.export_log import export_log
from clouds_edges.cli.admin.forget import forget
from clouds_edges.cli.admin.games import games
from clouds_edges.cli.admin.group import AdminGroup
from clouds_edges.cli.admin.import_log import import_log
from clouds_edges.cli.admin.models import models
from clouds_edges.cli.admin.players import players, standings
from clouds_edges.cli.admin.processes import processes
from clouds_edges.cli.admin.roles import grant, withdraw
from clouds_edges.cli.admin.server import freeze, system, unfreeze
from clouds_edges.cli.admin.storage import inspect
from clouds_edges.cli.admin.streams import aggregates, check, state
from clouds_edges.cli.admin.verify_log import verify_log
from clouds_edges.cli.data_folder import Data

admin = typer.Typer(
    cls=AdminGroup,
    help="Look after a server and its data; without a command, on the whole screen.",
    epilog="Exit codes: 0 all is well, 1 trouble, 2 wrong usage, 3 damage was found.",
    rich_markup_mode=None,
)
admin.command()(events)
admin.command()(aggregates)
admin.command()(state)
admin.command()(check)
admin.add_typer(processes, name="processes", help="Show and lead the processes.")
admin.add_typer(models, name="models", help="Show and lead the read models.")
admin.command()(inspect)
admin.command()(players)
admin.command()(games)
admin.command()(standings)
admin.command()(activity)
admin.command()(system)
admin.command()(freeze)
admin.command()(unfreeze)
admin.command()(forget)
admin.command()(grant)
admin.command()(withdraw)
admin.command("export")(export_log)
admin.command("import")(import_log)
admin.command("verify")(verify_log)

_ON_FILES: Final = frozenset({"export", "import", "verify"})
"""The commands that work without a server, on its files."""


@admin.callback(invoke_without_command=True)
def _default(context: typer.Context, data: Data = None, server: Server = None) -> None:
    """Look after a server and its data; without a command, on the whole screen."""
    ELSEWHERE.set(server)
    if server is not None and context.invoked_subcommand in _ON_FILES:
        message = f"{context.invoked_subcommand} works on files: run it where the server has them"
        raise typer.BadParameter(message, context, param_hint="--server")
    if context.invoked_subcommand is None:
        open_app(data)
