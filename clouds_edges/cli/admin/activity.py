"""`clouds-edges admin activity`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from clouds_edges.cli.admin.asking import Json
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from datetime import date

_COLUMNS: Final = (
    "day (UTC)",
    "sign-ups",
    "games opened",
    "games started",
    "games ended",
    "lines drawn",
)


def activity(
    data: Data = None,
    since: Annotated[
        str | None, typer.Option(help="The first day (UTC); 13 before the last.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The last day (UTC); today.")] = None,
    *,
    json: Json = False,
) -> None:
    """Show day by day how often what happened."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_columns, show_json
    from clouds_edges.protocol.admin import ShowActivity

    question = ShowActivity(since=_day("--since", since), until=_day("--until", until))
    answer = ask(data, question)
    if json:
        show_json(answer)
        return
    show_columns(
        _COLUMNS,
        (
            (
                one.day,
                one.sign_ups,
                one.games_opened,
                one.games_started,
                one.games_ended,
                one.lines_drawn,
            )
            for one in answer.days
        ),
    )


def _day(option: str, text: str | None) -> date | None:
    from datetime import date

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"{option} {text!r} is no day: write one as 2026-07-01"
        raise typer.BadParameter(message) from error
