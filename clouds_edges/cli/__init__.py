"""The command line; each command imports what it needs when it runs, so that help is instant."""

from __future__ import annotations

import typer

from clouds_edges.cli.admin import admin
from clouds_edges.cli.devices import devices, sign_out
from clouds_edges.cli.play import play
from clouds_edges.cli.schema import schema
from clouds_edges.cli.serve import serve
from clouds_edges.cli.streams import show_what_can_be_shown
from clouds_edges.cli.trouble import clean_traces, told_kindly

app = typer.Typer(
    name="clouds-edges",
    help="Dots and Boxes in the terminal: against a bot, at one keyboard, or over the network.",
    epilog="Without a command: play.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(play)
app.command()(serve)
app.command()(devices)
app.command()(sign_out)
app.command()(schema)
app.add_typer(admin, name="admin")


@app.callback(invoke_without_command=True)
def _default(context: typer.Context, *, version: bool = typer.Option(False, "--version")) -> None:  # noqa: FBT003 - typer's way
    """Dots and Boxes in the terminal: against a bot, at one keyboard, or over the network."""
    if version:
        from clouds_edges import __version__

        typer.echo(f"clouds-edges {__version__}")
    elif context.invoked_subcommand is None:
        play(invite=None, server=None, name=None)


def main() -> None:
    """Run the command line."""
    show_what_can_be_shown()
    with clean_traces(), told_kindly():
        app()
