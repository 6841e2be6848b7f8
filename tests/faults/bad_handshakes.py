"""Ways to knock that are none: at HTTP, at the handshake, at the greeting."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from clouds_edges.protocol.messages import PROTOCOL_VERSION, CloseCode, Hello, Refused
from tests.server.guests import PATIENCE, Guest, House

_KEY: Final = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
_UPGRADE: Final = ("Host: here", "Upgrade: websocket", "Connection: Upgrade")
_VERSION: Final = "Sec-WebSocket-Version: 13"
_HANDSHAKE: Final = (*_UPGRADE, _KEY, _VERSION)
_CLOSING: Final = b"\x88"
"""The first byte of the frame that closes."""
_NOTHING: Final = "nothing"
"""The server hangs up without a word."""


@dataclass(frozen=True, slots=True)
class Knock:
    """A way to knock, and how that ends: with a status of HTTP, or a close code."""

    name: str
    end: str
    do: Callable[[House, random.Random], Awaitable[str]]


def _bytes(name: str, end: str, said: Callable[[random.Random], bytes]) -> Knock:
    """Say this, and nothing more."""

    async def do(house: House, chance: random.Random) -> str:
        async with _socket(house) as (reader, writer):
            writer.write(said(chance))
            if end == _NOTHING:
                writer.write_eof()  # else the server waits for more
            heard = await reader.read()
        return heard[9:12].decode() if heard.startswith(b"HTTP/1.1 ") else _NOTHING

    return Knock(name, end, do)


def _frame(name: str, end: int, frame: bytes) -> Knock:
    """Shake hands well, and go on with a frame against RFC 6455."""

    async def do(house: House, _: random.Random) -> str:
        async with _socket(house) as (reader, writer):
            writer.write(_request(*_HANDSHAKE))
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame)
            heard = await reader.read()
        return str(int.from_bytes(heard[2:4])) if heard[:1] == _CLOSING else _NOTHING

    return Knock(name, str(end), do)


@asynccontextmanager
async def _socket(house: House) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.address.port)
    try:
        async with asyncio.timeout(PATIENCE):
            yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def _request(*headers: str, line: str = "GET / HTTP/1.1") -> bytes:
    return "\r\n".join((line, *headers, "", "")).encode()


def _greeting(name: str, end: str, greet: Callable[[Guest], Awaitable[None]]) -> Knock:
    """Shake hands well, and greet badly."""

    async def do(house: House, _: random.Random) -> str:
        guest = await house.guest()
        await greet(guest)
        if end != "refused":
            return str((await guest.goodbye()).code)
        await guest.next(Refused)
        await guest.socket.close()
        return "refused"

    return Knock(name, end, do)


async def _say_mistakes(guest: Guest) -> None:
    for _ in range(51):
        await guest.say_raw("?")


def _hello(version: int) -> Hello:
    return Hello(protocol=version, token="short", name="Mallory")  # noqa: S106 - it is none


KNOCKS: Final = (
    _bytes("nothing", _NOTHING, lambda _: b""),
    _bytes("noise", _NOTHING, lambda chance: chance.randbytes(200)),
    _bytes("an encrypted greeting", _NOTHING, lambda _: b"\x16\x03\x01\x02\x00\x01\x00"),
    _bytes("another protocol", _NOTHING, lambda _: b"SSH-2.0-OpenSSH_9.6\r\n"),
    _bytes("half a request", _NOTHING, lambda _: _request(*_HANDSHAKE)[:60]),
    _bytes("a broken header", _NOTHING, lambda _: _request("no colon")),
    _bytes("frames at once", _NOTHING, lambda _: _request(*_HANDSHAKE) + b"\x81\x01?"),
    _bytes("a page", "426", lambda _: _request("Host: here")),
    _bytes("a file", "426", lambda _: _request(line="GET /../../etc/passwd HTTP/1.1")),
    _bytes("another method", "426", lambda _: _request(line="POST / HTTP/1.1")),
    _bytes("an old HTTP", "426", lambda _: _request(line="GET / HTTP/1.0")),
    _bytes("a long line", "414", lambda _: _request(line="GET /" + "x" * 20_000)),
    _bytes("a long header", "431", lambda _: _request("X: " + "x" * 20_000)),
    _bytes("many headers", "431", lambda _: _request(*(f"X{number}: y" for number in range(500)))),
    _bytes("no key", "400", lambda _: _request(*_UPGRADE, _VERSION)),
    _bytes("a bad key", "400", lambda _: _request(*_UPGRADE, "Sec-WebSocket-Key: x", _VERSION)),
    _bytes("another version", "400", lambda _: _request(*_UPGRADE, _KEY, f"{_VERSION}3")),
    _bytes("a page of elsewhere", "403", lambda _: _request(*_HANDSHAKE, "Origin: https://evil")),
    _frame("no mask", 1002, b"\x81\x01?"),
    _frame("reserved bits", 1002, b"\xf1\x81abcd?"),
    _frame("an unknown opcode", 1002, b"\x83\x81abcd?"),
    _frame("the length of 8 EiB", 1009, b"\x81\xff\x7f" + b"\xff" * 7 + b"abcd"),
    _frame("half a ping", 1002, b"\x09\x80abcd"),
    _frame("the rest of nothing", 1002, b"\x80\x80abcd"),
    _frame("a text that is none", 1007, b"\x81\x82\x00\x00\x00\x00\xff\xfe"),
    _greeting(
        "an old version", str(int(CloseCode.UPDATE_NEEDED)), lambda guest: guest.say(_hello(1))
    ),
    _greeting(
        "no greeting",
        str(int(CloseCode.NO_GREETING)),
        lambda guest: guest.say_raw('{"kind": "ask_record"}'),
    ),
    _greeting("a token that is none", "refused", lambda guest: guest.say(_hello(PROTOCOL_VERSION))),
    _greeting("too large a greeting", "1009", lambda guest: guest.say_raw(" " * 5_000)),
    _greeting("a binary greeting", "refused", lambda guest: guest.say_raw(b"\x00")),
    _greeting("mistakes only", str(int(CloseCode.TOO_MANY_MISTAKES)), _say_mistakes),
)
