"""`clouds-edges play`."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from clouds_edges.cli.destination import Destination
    from clouds_edges.client.network import AppEnd, Network

_MOST_LOCAL: Final = 9
"""How many games without a server can be played side by side on one machine."""


def play(
    invite: Annotated[
        str | None, typer.Argument(help="What a server shows for others to join.")
    ] = None,
    server: Annotated[
        str | None, typer.Option(help="The server's address; without one, play on this machine.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Who you want to be there; remembered.")] = None,
    code: Annotated[
        str | None, typer.Option(help="What `devices --code` says on a device of yours there.")
    ] = None,
    *,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Play on a server that does not encrypt.")
    ] = False,
) -> None:
    """Play: against a bot, with somebody at this keyboard, or on a server."""
    import asyncio

    from clouds_edges.cli.terminal import check_name, check_terminal, log_to_file

    if invite is not None and server is not None:
        message = "an invite says which server: leave --server out"
        raise typer.BadParameter(message)
    check_terminal()
    if name is not None:
        check_name(name)
    log_to_file()
    asyncio.run(_play(invite or server, name, code, is_insecure=insecure))


async def _play(
    server: str | None, name: str | None, code: str | None, *, is_insecure: bool
) -> None:
    """Play on one server after the other, for as long as the app leads on."""
    from clouds_edges.cli.destination import Destination, destination_of, onward_to
    from clouds_edges.cli.trouble import Trouble
    from clouds_edges.client.network import Onward

    network = _network(is_insecure=is_insecure)
    if server is None:
        async with _own_server() as (url, folder):
            end = await _run_app(Destination(url, folder, "this machine"), network, name)
    else:
        there = await destination_of(server, is_insecure=is_insecure)
        end = await _run_app(there, network, name, code)
    while isinstance(end, Onward):
        end = await _run_app(onward_to(end), network, name)
    if end is not None:
        raise Trouble(end)


def _network(*, is_insecure: bool) -> Network:
    """What is heard here, if this installation can hear anything."""
    from clouds_edges.cli import lan
    from clouds_edges.cli.destination import known_keys
    from clouds_edges.client.network import Network

    if not lan.is_installed():
        return Network(known_keys(), may_be_plain=is_insecure)
    from clouds_edges.client.discovery import LocalNetwork

    return Network(known_keys(), LocalNetwork(), may_be_plain=is_insecure)


async def _run_app(
    there: Destination, network: Network, name: str | None, code: str | None = None
) -> AppEnd:
    """Run the app; how it ends."""
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
    from clouds_edges.client.device_name import device_name
    from clouds_edges.client.receipts import ReceiptFile, Receipts
    from clouds_edges.eventsourcing.decider import CommandId

    data = platformdirs.user_data_path("clouds-edges")
    credentials = Credentials(data / "tokens.json")
    try:
        token = credentials.token_for(there.name, name)
        receipts = Receipts(ReceiptFile(data / "receipts.json", there.name))
        connection = Connection(
            there.url,
            token,
            name,
            new_id=lambda: CommandId(secrets.token_hex(8)),
            key=there.key,
            device=device_name(),
            code=code,
            receipts=receipts,
        )
        app = CloudsEdgesApp(
            connection,
            place=there.place,
            network=network,
            is_ascii=not is_unicode(),
            receipts_trouble=receipts.trouble,
        )
        with suppress(NotImplementedError):  # where there are no signals there is nothing to catch
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.exit)
        end = await app.run_async()
        await receipts.save()
        if connection.player is not None:
            credentials.remember(there.name, connection.player.name, token)
    except CredentialsUnusable as error:
        raise Trouble(str(error)) from error
    return end


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
