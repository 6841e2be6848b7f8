"""How the commands ask the server that runs on a data folder."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar

import typer

from clouds_edges.cli.data_folder import data_folder
from clouds_edges.cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from clouds_edges.client.admin_connection import AdminConnection
    from clouds_edges.protocol.admin import Asks

A_co = TypeVar("A_co", covariant=True)
T = TypeVar("T")

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Limit: TypeAlias = Annotated[int, typer.Option(metavar="<n>", help="How many.", min=1, max=500)]


def connection(data: Path | None) -> AdminConnection:
    """A connection to the server that runs on this data; not open yet."""
    from clouds_edges.client.admin_connection import AdminConnection, read_access

    return AdminConnection(partial(read_access, data_folder(data)))


def ask(data: Path | None, question: Asks[A_co]) -> A_co:
    """The server's answer.

    Raises:
        Trouble: No server runs there, or it cannot or will not answer.
    """

    async def asked() -> A_co:
        async with connection(data) as operator:
            return await operator.ask(question)

    return run(asked())


def run(talk: Coroutine[None, None, T]) -> T:
    """Talk with a server to the end.

    Raises:
        Trouble: No server runs there, or it cannot or will not answer.
    """
    import asyncio

    from clouds_edges.client.admin_connection import AdminTrouble

    try:
        return asyncio.run(talk)
    except AdminTrouble as trouble:
        raise Trouble(trouble.sentence) from trouble
