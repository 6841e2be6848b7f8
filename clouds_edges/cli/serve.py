"""`clouds-edges serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from clouds_edges.cli.data_folder import Data, data_folder

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from clouds_edges.server.serve import Address

DEFAULT_PORT: Final = 7853
_OBJECTS_BETWEEN_COLLECTIONS: Final = 20_000
"""Python's 700 makes every fifth line wait for a collection of all live games: with 200 games
it costs a fifth of the lines a second, and doubles the 99th percentile."""
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - a server for the network is what was asked for
_NOWHERE: Final = "192.0.2.1"
"""An address kept for documentation (RFC 5737): asking for the way to it sends nothing."""


def serve(  # noqa: PLR0913 - what an operator may choose, each once
    host: Annotated[str, typer.Option(help="The address to listen on.")] = _EVERYWHERE,
    port: Annotated[
        int, typer.Option(help="The port; 0 for any.", min=0, max=65535)
    ] = DEFAULT_PORT,
    data: Data = None,
    grace: Annotated[
        int,
        typer.Option(help="Seconds in which a player who vanished may return.", min=0, max=86_400),
    ] = 60,
    open_for: Annotated[
        int,
        typer.Option(help="Hours after which a game that nobody joins expires.", min=1, max=8760),
    ] = 24,
    *,
    metrics_public: Annotated[
        bool, typer.Option("--metrics-public", help="Let other machines read /metrics as well.")
    ] = False,
) -> None:
    """Host games for everybody who can reach this machine, until Ctrl-C."""
    import asyncio
    import logging
    from datetime import timedelta

    from clouds_edges.application.patience import Patience
    from clouds_edges.cli.log_format import log_to
    from clouds_edges.cli.trouble import Trouble
    from clouds_edges.eventsourcing.errors import EventSourcingError
    from clouds_edges.server.serve import PortUnavailable, running_server

    log_to(logging.StreamHandler())
    patience = Patience(open_game=timedelta(hours=open_for), grace=timedelta(seconds=grace))
    folder = data_folder(data)
    server = running_server(host, port, folder, patience, are_metrics_public=metrics_public)
    try:
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(_serve_until_stopped(server, folder))
    except (EventSourcingError, PortUnavailable) as trouble:
        raise Trouble(str(trouble)) from trouble


async def _serve_until_stopped(server: AbstractAsyncContextManager[Address], folder: Path) -> None:
    import asyncio
    import gc
    import signal
    from contextlib import suppress

    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 50)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows; there Ctrl-C ends the loop
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stopped.set)
    async with server as address:
        typer.echo(_announcement(address, folder))
        await stopped.wait()
        typer.echo("stopping; every game goes on when the server is started again", err=True)


def _announcement(address: Address, folder: Path) -> str:
    url = address.url
    if address.host == _EVERYWHERE:
        url = f"ws://{own_address()}:{address.port}"
    return (
        f"serving on port {address.port}, data in {folder}\n"
        f"play from this network:  clouds-edges play --server {url}\n"
        "the connection is not encrypted: use it on networks you trust\n"
        "stop with Ctrl-C"
    )


def own_address() -> str:
    """The address of this machine on its network, or the loopback one if it has none."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((_NOWHERE, 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _fast_loop() -> Callable[[], AbstractEventLoop] | None:
    """The event loop of uvloop where it is installed, else None: the standard one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
