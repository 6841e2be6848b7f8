"""`clouds-edges admin events`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from clouds_edges.cli.admin.asking import Json, Limit
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from clouds_edges.protocol.admin import ListEvents
    from clouds_edges.protocol.admin_answers import EventRow, EventsPage

_PATIENCE: Final = 30.0


def events(  # noqa: PLR0913, PLR0917 - all that can be asked of the log
    data: Data = None,
    stream: Annotated[str, typer.Option(help="Of streams that begin so.")] = "",
    kind: Annotated[str | None, typer.Option(help="Of this kind.")] = None,
    actor: Annotated[str | None, typer.Option(help="Signed by this id.")] = None,
    since: Annotated[str | None, typer.Option(help="From this time on.")] = None,
    until: Annotated[str | None, typer.Option(help="Before this time.")] = None,
    after: Annotated[
        int | None, typer.Option(metavar="<n>", help="Behind this position.", min=0)
    ] = None,
    before: Annotated[
        int | None, typer.Option(metavar="<n>", help="Before this position.", min=0)
    ] = None,
    limit: Limit = 100,
    *,
    newest: Annotated[bool, typer.Option("--newest", help="The newest first.")] = False,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Show what happens, until Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the event log, as it is stored.

    Times are in UTC: 2026-11-24T10:00, 10:00 for today, or how long ago, as in --since=-2h.

    With --follow, it begins with the last events that --limit allows, or behind --after; with
    --json, it writes an event a line.
    """
    from clouds_edges.cli.admin.asking import ask, run
    from clouds_edges.protocol.admin import ListEvents

    if follow and (newest or before is not None):
        message = "what comes cannot be shown --newest first, nor --before a position"
        raise typer.BadParameter(message)
    question = ListEvents(
        stream_prefix=stream,
        event_kind=kind,
        actor=actor,
        since=_moment("--since", since),
        until=_moment("--until", until),
        after=after or 0,
        before=before,
        newest_first=newest,
        limit=limit,
    )
    if follow:
        run(_follow(data, question, after, as_json=json))
    else:
        _show_page(ask(data, question), newest=newest, as_json=json)


def _show_page(page: EventsPage, *, newest: bool, as_json: bool) -> None:
    from clouds_edges.cli.admin.showing import (
        EVENT_COLUMNS,
        say,
        show_columns,
        show_event,
        show_json,
    )

    if as_json:
        show_json(page)
    else:
        show_columns(EVENT_COLUMNS, map(show_event, page.events))
    if page.next is not None:
        say(f"there are more: --{'before' if newest else 'after'} {page.next}")


async def _follow(
    data: Path | None, question: ListEvents, after: int | None, *, as_json: bool
) -> None:
    """Show what comes after a position, or the last events and what comes after those."""
    from clouds_edges.cli.admin.asking import connection

    async with connection(data) as operator:
        if after is None:
            last = await operator.ask(question.model_copy(update={"newest_first": True}))
            _show_each(reversed(last.events), as_json=as_json)
            after = last.end
        while True:
            comes = {"after": after, "wait_seconds": _PATIENCE}
            page = await operator.ask(question.model_copy(update=comes))
            _show_each(page.events, as_json=as_json)
            after = page.end if page.next is None else page.next


def _show_each(shown: Iterable[EventRow], *, as_json: bool) -> None:
    from clouds_edges.cli.admin.showing import show_event, show_json
    from clouds_edges.client.clean_text import cleaned

    for event in shown:
        if as_json:
            show_json(event, indent=None)
        else:
            typer.echo(cleaned("  ".join(show_event(event))))


def _moment(option: str, text: str | None) -> datetime | None:
    from datetime import UTC, datetime

    from clouds_edges.client.admin.moments import parse_moment
    from clouds_edges.client.admin.unreadable import Unreadable

    if text is None:
        return None
    try:
        return parse_moment(text, datetime.now(UTC))  # noqa: TID251 - here the command begins
    except Unreadable as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
