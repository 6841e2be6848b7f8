"""`clouds-edges admin grant` and `withdraw`: who is an admin."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from clouds_edges.cli.admin.asking import Json
from clouds_edges.cli.data_folder import Data

Player: TypeAlias = Annotated[
    str, typer.Argument(help="The id of the player; players lists it.", metavar="PLAYER")
]


def grant(player: Player, data: Data = None, *, json: Json = False) -> None:
    """Make a player an admin.

    From anywhere they look after the server with admin --server ADDRESS.
    """
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_done
    from clouds_edges.protocol.admin import GrantAdmin

    show_done(ask(data, GrantAdmin(player=player)), as_json=json)


def withdraw(player: Player, data: Data = None, *, json: Json = False) -> None:
    """Take the role of admin from a player.

    Their connections as an admin end at once.
    """
    from clouds_edges.cli.admin.asking import ask
    from clouds_edges.cli.admin.showing import show_done
    from clouds_edges.protocol.admin import WithdrawAdmin

    show_done(ask(data, WithdrawAdmin(player=player)), as_json=json)
