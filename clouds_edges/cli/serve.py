"""`clouds-edges serve`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from clouds_edges.cli.data_folder import Data, data_folder
from clouds_edges.protocol.addresses import DEFAULT_PORT

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager

    from clouds_edges.protocol.messages import FrozenIs
    from clouds_edges.server.certificate import Identity
    from clouds_edges.server.serve import RunningServer

_OBJECTS_BETWEEN_COLLECTIONS: Final = 20_000
"""Python's 700 makes every fifth line wait for a collection of all live games: with 200 games
it costs a fifth of the lines a second, and doubles the 99th percentile."""
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - a server for the network is what was asked for
_NOWHERE: Final = "192.0.2.1"
"""An address kept for documentation (RFC 5737): asking for the way to it sends nothing."""


def serve(  # noqa: PLR0913, PLR0917 - what an operator may choose, each once
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
    tls_cert: Annotated[
        Path | None, typer.Option(help="A certificate that an authority has signed, in PEM.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The key of that certificate.")] = None,
    *,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Encrypt nothing: for networks you trust.")
    ] = False,
    no_announce: Annotated[
        bool, typer.Option("--no-announce", help="Do not tell the network that it is here.")
    ] = False,
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

    if (tls_cert is None) != (tls_key is None) or (tls_cert is not None and insecure):
        message = "--tls-cert and --tls-key go together, and without --insecure"
        raise typer.BadParameter(message)
    log_to(logging.StreamHandler())
    patience = Patience(open_game=timedelta(hours=open_for), grace=timedelta(seconds=grace))
    folder = data_folder(data)
    try:
        identity = _identity(host, folder, tls_cert, tls_key, is_insecure=insecure)
        running = running_server(
            host, port, folder, patience, identity=identity, are_metrics_public=metrics_public
        )
        with asyncio.Runner(loop_factory=_fast_loop()) as runner:
            runner.run(_serve_until_stopped(running, folder, is_announced=not no_announce))
    except (EventSourcingError, PortUnavailable) as trouble:
        raise Trouble(str(trouble)) from trouble


def _identity(
    host: str, folder: Path, certificate: Path | None, key: Path | None, *, is_insecure: bool
) -> Identity | None:
    """By what the server is known; None if nothing is encrypted, as nothing need be on loopback."""
    from clouds_edges.protocol.addresses import is_loopback
    from clouds_edges.server.certificate import given_identity, own_identity

    if certificate is not None and key is not None:
        return given_identity(certificate, key)
    return None if is_insecure or is_loopback(host) else own_identity(folder)


async def _serve_until_stopped(
    running: AbstractAsyncContextManager[RunningServer], folder: Path, *, is_announced: bool
) -> None:
    import asyncio
    import gc
    import signal
    from contextlib import nullcontext, suppress

    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 50)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows; there Ctrl-C ends the loop
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stopped.set)
    async with running as server:
        typer.echo(announcement(server, folder))
        async with announcing(server) if is_announced else nullcontext():
            await stopped.wait()
        typer.echo("stopping", err=True)
    typer.echo(farewell(server), err=True)


def announcing(server: RunningServer) -> AbstractAsyncContextManager[None]:
    """Tell the network of a server that others can reach, if this installation can."""
    from contextlib import nullcontext

    from clouds_edges.cli import lan
    from clouds_edges.protocol.addresses import is_loopback

    if is_loopback(server.host):
        return nullcontext()
    if not lan.is_installed():
        hint = f"to be listed in the apps of others on this network:  {lan.INSTALL}"
        typer.echo(hint, err=True)
        return nullcontext()
    from clouds_edges.server.announcing import announced

    return announced(server)


def announcement(server: RunningServer, folder: Path) -> str:
    """What is said when a server is at work: where it is, how to join it, whether it is frozen."""
    lines = [f"serving on port {server.port}, data in {folder}", *_how_to_join(server)]
    if server.frozen is not None:
        lines.append(_frozen(server.frozen, folder))
    return "\n".join([*lines, "stop with Ctrl-C"])


def _how_to_join(server: RunningServer) -> Iterator[str]:
    from clouds_edges.protocol.addresses import is_loopback, url_of
    from clouds_edges.protocol.invites import Invite, format_invite

    host = own_address() if server.is_everywhere else server.host
    where = "on this machine" if is_loopback(host) else "from this network"
    if server.identity is not None:
        key = server.identity.key if server.identity.is_own else None
        yield f"play {where}:  clouds-edges play {format_invite(Invite(host, server.port, key))}"
        return
    url = url_of(host, server.port, is_encrypted=False)
    if is_loopback(host):
        yield f"play {where}:  clouds-edges play --server {url}"
    else:
        yield f"play {where}:  clouds-edges play --server {url} --insecure"
        yield "nothing is encrypted: whoever is on the network can read it, and play as others"


def _frozen(frozen: FrozenIs, folder: Path) -> str:
    import shlex

    from clouds_edges.cli.admin.showing import moment
    from clouds_edges.client.clean_text import cleaned

    unfreeze = f"clouds-edges admin unfreeze --data {shlex.quote(str(folder))}"
    return cleaned(f"frozen since {moment(frozen.since)} UTC: {frozen.reason}; {unfreeze} ends it")


def farewell(server: RunningServer) -> str:
    """What is said when a server has stopped: how its games go on."""
    if server.trouble is None:
        return "stopped; every game goes on when the server is started again"
    return f"stopped; nothing was recorded any more: {server.trouble}"


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
