"""`clouds-edges admin`: what the operator of a server does with its data."""

from __future__ import annotations

import typer

from clouds_edges.cli.admin.export_log import export_log
from clouds_edges.cli.admin.import_log import import_log
from clouds_edges.cli.admin.verify_log import verify_log

admin = typer.Typer(
    help="Look after the data of a server.",
    epilog="Exit codes: 0 all is well, 1 trouble, 2 wrong usage, 3 verify found damage.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
admin.command("export")(export_log)
admin.command("import")(import_log)
admin.command("verify")(verify_log)
