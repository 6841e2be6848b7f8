"""`clouds-edges admin players` and `standings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from clouds_edges.cli.admin.asking import Json, Limit
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clouds_edges.protocol.admin_answers import PlayerRow

_COLUMNS: Final = ("player", "name", "since (UTC)", "played", "won", "drawn", "lost", "boxes")


def players(  # noqa: PLR0913 - all that can be asked of the players
    name: Annotated[str, typer.Argument(help="How their names begin.")] = "",
    data: Data = None,
    after: Annotated[str, typer.Option(help="Behind this name.")] = "",
    limit: Limit = 100,
    *,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="Find it anywhere in a name.")
    ] = False,
    json: Json = False,
) -> None:
    """List players by name, with their ids.

    Type how their names begin, or with --anywhere any part of them; capitals do not count. How
    their games went is shown with each.
    """
    import shlex

    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import say, show_json
    from clouds_edges.protocol.admin import ListPlayers

    question = ListPlayers(name=name, anywhere=anywhere, after=after, limit=limit)
    page = ask(data, question)
    if json:
        show_json(page)
    else:
        _show(page.players)
    if not (page.players or anywhere or after) and name:
        say(f"no name begins with {name!r}; --anywhere finds it in the middle of names, too")
    if page.next is not None:
        say(f"there are more: --after {shlex.quote(page.next)}")


def standings(data: Data = None, limit: Limit = 20, *, json: Json = False) -> None:
    """List the players who have won most."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_json
    from clouds_edges.protocol.admin import ListStandings

    answer = ask(data, ListStandings(limit=limit))
    if json:
        show_json(answer)
    else:
        _show(answer.players)


def _show(rows: Iterable[PlayerRow]) -> None:
    from clouds_edges.cli.admin.showing import moment, show_columns

    show_columns(
        _COLUMNS,
        (
            (
                one.player,
                one.name,
                one.signed_up_at and moment(one.signed_up_at),
                one.played,
                one.won,
                one.drawn,
                one.lost,
                one.boxes,
            )
            for one in rows
        ),
    )
