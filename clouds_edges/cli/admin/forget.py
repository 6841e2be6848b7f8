"""`clouds-edges admin forget`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouds_edges.cli.admin.asking import Json
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from pathlib import Path

    from clouds_edges.client.admin_connection import AdminConnection
    from clouds_edges.protocol.admin_answers import PlayerRow


def forget(
    player: Annotated[str, typer.Argument(help="Their id, as players lists it.")],
    data: Data = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    json: Json = False,
) -> None:
    """Delete a player's name for ever.

    Games that were played stay, with a placeholder for the name. It cannot be undone.
    """
    from clouds_edges.cli.admin.asking import ask, run
    from clouds_edges.cli.admin.showing import show_done
    from clouds_edges.protocol.admin import ForgetPlayer

    if not yes:
        name, games = run(_looked_up(data, player))
        _make_sure(player, name, games)
    show_done(ask(data, ForgetPlayer(player=player)), as_json=json)


def _make_sure(player: str, name: str, games: int) -> None:
    """Say what is about to happen, and ask whether it is meant."""
    from clouds_edges.cli.admin.showing import say
    from clouds_edges.client.clean_text import cleaned
    from clouds_edges.domain.forgotten import forgotten_name

    counted = "1 game" if games == 1 else f"{games} games"
    say(f"{name} ({player}) has a seat in {counted}.")
    say(f"The name is deleted for ever; {counted} will show {forgotten_name(player)!r} instead.")
    say("Who played under it is sent away, and can come back as somebody new only.")
    say("This cannot be undone.")
    typer.confirm(f"forget {cleaned(name)}?", abort=True, err=True)


async def _looked_up(data: Path | None, player: str) -> tuple[str, int]:
    """The name of a player, and in how many games they have a seat.

    Raises:
        Trouble: Nobody who has signed up has this id.
    """
    from clouds_edges.cli.admin.asking import connection
    from clouds_edges.cli.trouble import Trouble

    async with connection(data) as operator:
        games = await _count_games(operator, player)  # which refuses an id that nobody has
        row = await _find_player(operator, player)
    if row is None or row.name is None:
        message = f"nobody with the id {player!r} has signed up: players lists who has"
        raise Trouble(message)
    return row.name, games


async def _count_games(operator: AdminConnection, player: str) -> int:
    from clouds_edges.protocol.admin import MOST_ROWS, ListGames

    page = await operator.ask(ListGames(player=player, limit=MOST_ROWS))
    games = len(page.games)
    while page.next is not None:
        page = await operator.ask(ListGames(player=player, page=page.next, limit=MOST_ROWS))
        games += len(page.games)
    return games


async def _find_player(operator: AdminConnection, player: str) -> PlayerRow | None:
    """Go through the list of players, which is one by name."""
    from clouds_edges.protocol.admin import MOST_ROWS, ListPlayers

    after: str | None = ""
    while after is not None:
        page = await operator.ask(ListPlayers(after=after, limit=MOST_ROWS))
        for row in page.players:
            if row.player == player:
                return row
        after = page.next
    return None
