"""`clouds-edges admin aggregates`, `state` and `check`."""

from __future__ import annotations

from typing import Annotated

import typer

from clouds_edges.cli.admin.asking import Json, Limit
from clouds_edges.cli.data_folder import Data

Stream = Annotated[str, typer.Argument(help="Such as players, or lobby/main.")]


def aggregates(
    data: Data = None,
    prefix: Annotated[str, typer.Option(help="Whose names begin so.")] = "",
    after: Annotated[str, typer.Option(help="Behind this name.")] = "",
    limit: Limit = 100,
    *,
    json: Json = False,
) -> None:
    """List the aggregates and their versions."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import moment, say, show_columns, show_json
    from clouds_edges.protocol.admin import ListAggregates

    page = ask(data, ListAggregates(prefix=prefix, after=after, limit=limit))
    if json:
        show_json(page)
    else:
        rows = ((one.stream, one.version, moment(one.at)) for one in page.aggregates)
        show_columns(("aggregate", "version", "last event (UTC)"), rows)
    if page.next is not None:
        say(f"there are more: --after {page.next}")


def state(
    stream: Stream,
    data: Data = None,
    version: Annotated[
        int | None, typer.Option(metavar="<n>", help="At this version; now.", min=0)
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Show the state of an aggregate.

    It is that at a version, and comes with the event that made it.
    """
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import say, show_event, show_json, show_value
    from clouds_edges.protocol.admin import ShowState

    answer = ask(data, ShowState(stream=stream, version=version))
    if json:
        show_json(answer)
        return
    say(f"{stream} at version {answer.version} of {answer.latest}")
    if answer.event is not None:
        say("made by " + "  ".join(show_event(answer.event)))
    show_value(answer.state)


def check(stream: Stream, data: Data = None, *, json: Json = False) -> None:
    """Check every event of one aggregate.

    They are folded, too. Ends with 3 if something is damaged.
    """
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_json
    from clouds_edges.cli.admin.verify_log import EXIT_DAMAGE
    from clouds_edges.client.clean_text import cleaned
    from clouds_edges.protocol.admin import CheckStream

    answer = ask(data, CheckStream(stream=stream))
    if json:
        show_json(answer)
    else:
        words = answer.problem or f"all {answer.version} events are as they were recorded"
        typer.echo(cleaned(f"{stream}: {words}"))
    if answer.problem is not None:
        raise typer.Exit(EXIT_DAMAGE)
