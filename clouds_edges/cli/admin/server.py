"""`clouds-edges admin system`, `freeze`, `unfreeze` and `forget`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from clouds_edges.cli.admin.asking import Json
from clouds_edges.cli.data_folder import Data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clouds_edges.protocol.admin_answers import SystemIs


def system(data: Data = None, *, json: Json = False) -> None:
    """Show how the server does."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_columns, show_json
    from clouds_edges.protocol.admin import ShowSystem

    answer = ask(data, ShowSystem())
    if json:
        show_json(answer)
    else:
        show_columns(("figure", "value"), _figures(answer))


def freeze(
    reason: Annotated[str, typer.Argument(help="Why; players are told.")],
    data: Data = None,
    *,
    json: Json = False,
) -> None:
    """Refuse all writes; reads go on."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_done
    from clouds_edges.protocol.admin import LONGEST_TEXT, FreezeServer

    if not 0 < len(reason) <= LONGEST_TEXT:
        message = f"the reason has 1 to {LONGEST_TEXT} characters"
        raise typer.BadParameter(message)
    show_done(ask(data, FreezeServer(reason=reason)), as_json=json)


def unfreeze(data: Data = None, *, json: Json = False) -> None:
    """Allow writes again."""
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_done
    from clouds_edges.protocol.admin import UnfreezeServer

    show_done(ask(data, UnfreezeServer()), as_json=json)


def _figures(answer: SystemIs) -> Iterator[tuple[str, object]]:
    from clouds_edges.cli.admin.showing import moment

    hours, rest = divmod(int(answer.uptime_seconds), 3600)
    if answer.log_trouble is not None:
        yield "NOTHING IS RECORDED", answer.log_trouble
    yield "version", answer.version
    yield "Python", answer.python
    yield "SQLite", answer.sqlite
    yield "data", answer.folder
    yield "now (UTC)", moment(answer.now)
    yield "up for", f"{hours} h {rest // 60} min {rest % 60} s"
    yield "connections", answer.connections
    yield "players connected", answer.players
    yield "operators connected", answer.operators
    yield "games open", answer.games_open
    yield "games live", answer.games_live
    yield "events", answer.events
    yield "events a second", f"{answer.events_a_second:.1f}"
    yield "lag in events", answer.lag
    yield "parked events", answer.parked
    yield "log in bytes", answer.log_bytes
    yield "memory in bytes", answer.memory_bytes
    yield "frozen", answer.frozen or "no"
    for one in answer.quarantined:
        yield f"quarantined {one.stream}@{one.version}", one.error
