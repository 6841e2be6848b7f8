"""`clouds-edges devices` and `clouds-edges sign-out`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, TypeVar

import typer

from clouds_edges.cli.trouble import Trouble

if TYPE_CHECKING:
    from clouds_edges.cli.destination import Destination
    from clouds_edges.client.connection import Connection
    from clouds_edges.client.credentials import Credentials
    from clouds_edges.protocol.messages import (
        DeviceCodeIs,
        DeviceRow,
        DevicesAre,
        DeviceWish,
        RevokeDevice,
    )

    A = TypeVar("A", DevicesAre, DeviceCodeIs)

Server: TypeAlias = Annotated[
    str, typer.Argument(metavar="SERVER", help="An invite to a server, or its address.")
]
Insecure: TypeAlias = Annotated[
    bool, typer.Option("--insecure", help="Ask a server that does not encrypt.")
]

_PATIENCE: Final = 10.0
"""Seconds for a connection and an answer."""


def devices(
    server: Server,
    revoke: Annotated[
        str | None, typer.Option(metavar="ID", help="Sign this device of yours out.")
    ] = None,
    *,
    code: Annotated[
        bool, typer.Option("--code", help="Get a code that lets one more device of yours in.")
    ] = False,
    insecure: Insecure = False,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """List the devices on which you are signed up, or let in or sign out one of them."""
    import asyncio

    from clouds_edges.cli.admin.showing import show_json
    from clouds_edges.protocol import messages

    if code and revoke is not None:
        message = "--code and --revoke are two things: do one after the other"
        raise typer.BadParameter(message)
    answer: DevicesAre | DeviceCodeIs
    if code:
        answer = asyncio.run(
            _asked(server, messages.AskDeviceCode(), messages.DeviceCodeIs, is_insecure=insecure)
        )
    else:
        wish = messages.AskDevices() if revoke is None else _revoking(revoke)
        answer = asyncio.run(_asked(server, wish, messages.DevicesAre, is_insecure=insecure))
    if json:
        show_json(answer)
    else:
        _show(answer, server)


def sign_out(server: Server, *, insecure: Insecure = False) -> None:
    """Sign this device out: nobody gets in with its token any more, and it is deleted here."""
    import asyncio

    from clouds_edges.cli.admin.showing import say

    asyncio.run(_signed_out(server, is_insecure=insecure))
    say("signed out: from this device nobody is let in any more as who you were there")


def _revoking(device: str) -> RevokeDevice:
    from pydantic import ValidationError

    from clouds_edges.protocol.messages import RevokeDevice

    try:
        return RevokeDevice(device=device)
    except ValidationError as error:
        message = f"{device!r} is no id of a device: `clouds-edges devices` lists them"
        raise typer.BadParameter(message) from error


def _show(answer: DevicesAre | DeviceCodeIs, server: str) -> None:
    from clouds_edges.cli.admin.showing import moment, say, show_columns
    from clouds_edges.client.clean_text import cleaned
    from clouds_edges.protocol.messages import DeviceCodeIs

    if isinstance(answer, DeviceCodeIs):
        typer.echo(cleaned(answer.code))
        say(
            f"good once, until {moment(answer.until)} UTC; on the other device: "
            f"clouds-edges play {_as_option(server)} --code {answer.code}"
        )
    else:
        columns = ("id", "name", "since (UTC)", "last here (UTC)", "")
        show_columns(columns, map(_cells, answer.devices))


def _as_option(server: str) -> str:
    from clouds_edges.protocol.invites import SCHEME

    return server if server.startswith(SCHEME) else f"--server {server}"


def _cells(device: DeviceRow) -> tuple[str, ...]:
    from clouds_edges.cli.admin.showing import moment

    since, seen = (moment(at) if at else "" for at in (device.since, device.seen))
    return device.id, device.name or "(no name)", since, seen, "this one" if device.is_this else ""


async def _asked(server: str, wish: DeviceWish, kind: type[A], *, is_insecure: bool) -> A:
    """What the server answers; nothing but a farewell if the device itself was signed out."""
    from clouds_edges.client.connection import GreetingRefused

    there, credentials = await _way_to(server, is_insecure=is_insecure)
    try:
        return await _answer(_connection(there, _token(there, credentials)), wish, kind)
    except GreetingRefused as refused:
        raise Trouble(refused.sentence) from refused


async def _signed_out(server: str, *, is_insecure: bool) -> None:
    """Sign this device out there, then forget its token here."""
    from clouds_edges.client.connection import SIGNED_OUT, GreetingRefused
    from clouds_edges.protocol import messages

    there, credentials = await _way_to(server, is_insecure=is_insecure)
    token = _token(there, credentials)
    connection = _connection(there, token)
    try:
        listed = (await _answer(connection, messages.AskDevices(), messages.DevicesAre)).devices
        ours = next(device.id for device in listed if device.is_this)
        await _answer(
            _connection(there, token), messages.RevokeDevice(device=ours), messages.DevicesAre
        )
    except GreetingRefused as refused:
        if refused.code != SIGNED_OUT:
            raise Trouble(refused.sentence) from refused
    credentials.forget(there.name, token)


async def _answer(connection: Connection, wish: DeviceWish, kind: type[A]) -> A:
    """Connect, ask, and hang up once there is an answer.

    Raises:
        GreetingRefused: The server does not let us in, or not any more.
        Trouble: It refuses what was asked, or does not answer.
    """
    import asyncio

    from clouds_edges.client.connection import GreetingRefused

    try:
        async with asyncio.timeout(_PATIENCE), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(connection.run())
            answer = await _conversation(connection, wish, kind)
            running.cancel()
    except* GreetingRefused as refused:
        raise refused.exceptions[0] from None
    except* TimeoutError as late:
        message = f"{connection.url} does not answer"
        raise Trouble(message) from late
    return answer


async def _conversation(connection: Connection, wish: DeviceWish, kind: type[A]) -> A:
    from clouds_edges.client.connection import Status, StatusChanged
    from clouds_edges.protocol.messages import Refused

    async for update in connection.updates():
        if isinstance(update, kind):
            return update
        match update:
            case StatusChanged(Status.ONLINE):
                connection.ask(wish)
            case Refused(sentence=sentence):
                raise Trouble(sentence)
            case _:
                pass  # what everybody is told
    raise AssertionError  # updates come without end


def _connection(there: Destination, token: str) -> Connection:
    import secrets

    from clouds_edges.client.connection import Connection
    from clouds_edges.eventsourcing.decider import CommandId

    return Connection(
        there.url, token, key=there.key, new_id=lambda: CommandId(secrets.token_hex(8))
    )


async def _way_to(server: str, *, is_insecure: bool) -> tuple[Destination, Credentials]:
    import platformdirs

    from clouds_edges.cli.destination import destination_of
    from clouds_edges.client.credentials import Credentials

    data = platformdirs.user_data_path("clouds-edges")
    there = await destination_of(server, is_insecure=is_insecure)
    return there, Credentials(data / "tokens.json")


def _token(there: Destination, credentials: Credentials) -> str:
    from clouds_edges.client.credentials import CredentialsUnusable

    try:
        token = credentials.last_used(there.name)
    except CredentialsUnusable as error:
        raise Trouble(str(error)) from error
    if token is None:
        message = f"nobody is signed up on {there.url} from here"
        raise Trouble(message)
    return token
