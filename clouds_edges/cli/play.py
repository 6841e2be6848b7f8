"""`clouds-edges play`."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_MOST_LOCAL: Final = 9
"""How many games without a server can be played side by side on one machine."""


def play(
    server: Annotated[
        str | None, typer.Option(help="The server's address; without one, play on this machine.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Who you want to be there; remembered.")] = None,
) -> None:
    """Play: against a bot, with somebody at this keyboard, or on a server."""
    import asyncio

    from clouds_edges.cli.terminal import check_name, check_terminal, log_to_file

    check_terminal()
    if name is not None:
        check_name(name)
    log_to_file()
    asyncio.run(_play(server, name))


async def _play(server: str | None, name: str | None) -> None:
    from clouds_edges.cli.trouble import Trouble

    if server is None:
        async with _own_server() as (url, key):
            sentence = await _run_app(url, key, "this machine", name)
    else:
        url = await reachable_url(server)
        sentence = await _run_app(url, url, url, name)
    if sentence is not None:
        raise Trouble(sentence)


async def _run_app(url: str, key: str, label: str, name: str | None) -> str | None:
    """Run the app; the sentence that it ends with, if it ends in trouble."""
    import asyncio
    import secrets
    import signal
    from contextlib import suppress

    import platformdirs

    from clouds_edges.cli.terminal import is_unicode
    from clouds_edges.cli.trouble import Trouble
    from clouds_edges.client.app import CloudsEdgesApp
    from clouds_edges.client.connection import Connection
    from clouds_edges.client.credentials import Credentials, CredentialsUnusable
    from clouds_edges.client.receipts import ReceiptFile, Receipts
    from clouds_edges.eventsourcing.decider import CommandId

    data = platformdirs.user_data_path("clouds-edges")
    credentials = Credentials(data / "tokens.json")
    try:
        token = credentials.token_for(key, name)
        receipts = Receipts(ReceiptFile(data / "receipts.json", key))
        connection = Connection(
            url, token, name, new_id=lambda: CommandId(secrets.token_hex(8)), receipts=receipts
        )
        app = CloudsEdgesApp(
            connection,
            server_label=label,
            is_ascii=not is_unicode(),
            receipts_trouble=receipts.trouble,
        )
        with suppress(NotImplementedError):  # where there are no signals there is nothing to catch
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.exit)
        sentence = await app.run_async()
        await receipts.save()
        if connection.player is not None:
            credentials.remember(key, connection.player.name, token)
    except CredentialsUnusable as error:
        raise Trouble(str(error)) from error
    return sentence


@asynccontextmanager
async def _own_server() -> AsyncIterator[tuple[str, str]]:
    """A server in this process, and the folder by which it is known: the first not in use."""
    import platformdirs

    from clouds_edges.cli.trouble import Trouble
    from clouds_edges.eventsourcing.errors import StoreInUse, StoreUnavailable
    from clouds_edges.server.serve import running_server

    data = platformdirs.user_data_path("clouds-edges")
    async with AsyncExitStack() as stack:
        for number in range(1, _MOST_LOCAL + 1):
            folder = data / f"local-{number}"
            try:
                address = await stack.enter_async_context(running_server("127.0.0.1", 0, folder))
            except StoreInUse:
                continue
            except StoreUnavailable as error:
                raise Trouble(str(error)) from error
            yield address.url, str(folder)
            return
    message = f"{_MOST_LOCAL} games without a server are being played already: end one of them"
    raise Trouble(message)


async def reachable_url(server: str) -> str:
    """The address as a URL, once something answers there.

    Raises:
        Trouble: It is no address, or nobody answers.
    """
    import asyncio
    import os
    from urllib.parse import urlsplit

    from clouds_edges.cli.serve import DEFAULT_PORT
    from clouds_edges.cli.trouble import Trouble

    try:
        parts = urlsplit(server if "://" in server else f"ws://{server}")
        scheme, host, port = parts.scheme, parts.hostname, parts.port or DEFAULT_PORT
        if host is None or scheme not in {"ws", "wss"} or not server.isprintable():
            raise ValueError(server)  # noqa: TRY301 - one sentence for all that is no address
        host.encode("idna")
    except ValueError as error:
        message = (
            f"{server!r} is no address of a server: write one as ws://192.168.1.5:{DEFAULT_PORT}"
        )
        raise Trouble(message) from error
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    except OSError as error:
        is_known = error.errno is not None and error.errno > 0
        reason = os.strerror(error.errno or 0).lower() if is_known else error.strerror or "too slow"
        message = (
            f"no server answers at {host} port {port} ({reason}): check the "
            "address, or start one there with: clouds-edges serve"
        )
        raise Trouble(message) from error
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}:{port}"
