"""`clouds-edges admin games`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from clouds_edges.cli.admin.asking import Json, Limit
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from clouds_edges.protocol.admin_answers import GameRow, SeatRow
    from clouds_edges.rules import Board

_COLUMNS: Final = ("game", "state", "size", "opened (UTC)", "ended (UTC)", "ending", "players")


def games(  # noqa: PLR0913, PLR0917 - all that can be asked of the games
    data: Data = None,
    state: Annotated[
        Literal["open", "live", "finished", "cancelled", "expired"] | None,
        typer.Option(metavar="<state>", help="open, live, finished, cancelled or expired."),
    ] = None,
    player: Annotated[str | None, typer.Option(help="Of the player with this id.")] = None,
    opponent: Annotated[str | None, typer.Option(help="Of --player against this one.")] = None,
    size: Annotated[str | None, typer.Option(help="Of so many boxes, such as 5x5.")] = None,
    result: Annotated[
        Literal["won", "drawn", "lost"] | None,
        typer.Option(metavar="<result>", help="won, drawn or lost by --player."),
    ] = None,
    page: Annotated[str | None, typer.Option(help="What another answer named.")] = None,
    limit: Limit = 100,
    *,
    json: Json = False,
) -> None:
    """List the games, the newest first."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import say, show_columns, show_json
    from clouds_edges.protocol.admin import ListGames

    if player is None and (opponent is not None or result is not None):
        message = "--opponent and --result are those of a player: name one with --player"
        raise typer.BadParameter(message)
    question = ListGames(
        state=state,
        board=_board(size),
        player=player,
        opponent=opponent,
        result=result,
        page=page,
        limit=limit,
    )
    answer = ask(data, question)
    if json:
        show_json(answer)
    else:
        show_columns(_COLUMNS, map(_cells, answer.games))
    if answer.next is not None:
        say(f"there are more: --page {answer.next}")


def _board(size: str | None) -> Board | None:
    from clouds_edges.rules import RulesError, parse_board

    if size is None:
        return None
    try:
        return parse_board(size)
    except RulesError as error:
        message = f"--size: {error}"
        raise typer.BadParameter(message) from error


def _cells(game: GameRow) -> tuple[object, ...]:
    from clouds_edges.cli.admin.showing import moment

    free = game.seats - len(game.taken) if game.state == "open" else 0
    return (
        game.game,
        f"{game.state}, private" if game.private else game.state,
        game.board,
        moment(game.opened_at),
        game.ended_at and moment(game.ended_at),
        game.ending,
        ", ".join([*map(_seat, game.taken), *([f"{free} free"] if free else [])]),
    )


def _seat(taken: SeatRow) -> str:
    words = [taken.name, taken.result, None if taken.boxes is None else str(taken.boxes)]
    return " ".join(word for word in words if word is not None)
