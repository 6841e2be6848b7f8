"""How the commands ask a server: the one that runs on a data folder, or the one of `--server`."""

from __future__ import annotations

from contextlib import asynccontextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypeVar

import typer

from clouds_edges.cli.data_folder import data_folder
from clouds_edges.cli.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from clouds_edges.client.admin_connection import AdminConnection, WayIn
    from clouds_edges.protocol.admin import Asks

A_co = TypeVar("A_co", covariant=True)
T = TypeVar("T")

Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Limit: TypeAlias = Annotated[int, typer.Option(metavar="<n>", help="How many.", min=1, max=500)]


Server: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="ADDRESS",
        help="A server elsewhere, on which you play and have the role of admin.",
    ),
]
ELSEWHERE: Final[ContextVar[str | None]] = ContextVar("ELSEWHERE", default=None)
"""The `--server` of this call; typer hands what a group is told to none of its commands."""


@asynccontextmanager
async def connection(data: Path | None) -> AsyncIterator[AdminConnection]:
    """A connection to the server that runs on this data, or to that of the group's `--server`.

    Raises:
        BadParameter: Both were named.
        Trouble: What was named is no address, or nobody answers there.
    """
    from clouds_edges.client.admin_connection import AdminConnection

    async with AdminConnection(await _way_to(data)) as operator:
        yield operator


async def _way_to(data: Path | None) -> Callable[[], WayIn]:
    import platformdirs

    from clouds_edges.cli.destination import destination_of
    from clouds_edges.client.admin_connection import own_token, read_access
    from clouds_edges.client.credentials import Credentials

    server = ELSEWHERE.get()
    if server is None:
        return partial(read_access, data_folder(data))
    if data is not None:
        message = "name a server elsewhere with --server, or a folder here with --data, not both"
        raise typer.BadParameter(message)
    credentials = Credentials(platformdirs.user_data_path("clouds-edges") / "tokens.json")
    there = await destination_of(server, is_insecure=False)
    return partial(own_token, credentials, there.name, there.url, there.key)


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
