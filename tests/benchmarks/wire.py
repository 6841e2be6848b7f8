"""A WebSocket client as cheap as can be, so that a benchmark measures the server.

Frames are sent with a mask of zeros, which RFC 6455 section 5.3 allows a client to draw.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import Self, cast

_TEXT = 0x81
_PING = 0x89
_PONG = 0x8A
_MASKED = 0x80
_LONG = 126
_VERY_LONG = 127


class Wire(asyncio.Protocol):
    """One client; `on_frame` is called with the payload of every frame that comes."""

    def __init__(self) -> None:
        self.on_frame: Callable[[bytes], None] = lambda _: None
        self.is_open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def connect(cls, port: int) -> Self:
        """Open a socket to this machine, and shake hands."""
        loop = asyncio.get_running_loop()
        _, wire = await loop.create_connection(cls, "127.0.0.1", port)
        await wire.is_open
        return wire

    def send(self, text: str) -> None:
        """Send a text frame of at most 65,535 bytes."""
        self._write(_TEXT, text.encode())

    def _write(self, opcode: int, payload: bytes) -> None:
        assert self._transport is not None
        if len(payload) < _LONG:
            header = bytes((opcode, _MASKED | len(payload)))
        else:
            header = bytes((opcode, _MASKED | _LONG)) + len(payload).to_bytes(2)
        self._transport.write(header + bytes(4) + payload)

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # that of uvloop is not derived
        key = base64.b64encode(bytes(16)).decode()
        self._transport.write(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key.encode() + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self.is_open.done():
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._buffer = rest
            self.is_open.set_result(None)
        self._read_frames()

    def _read_frames(self) -> None:
        buffer, begin = self._buffer, 0
        while len(buffer) - begin >= 2:
            length, header = buffer[begin + 1] & 0x7F, 2
            if length == _LONG:
                length, header = int.from_bytes(buffer[begin + 2 : begin + 4]), 4
            elif length == _VERY_LONG:
                length, header = int.from_bytes(buffer[begin + 2 : begin + 10]), 10
            end = begin + header + length
            if end > len(buffer):
                break
            payload = buffer[begin + header : end]
            if buffer[begin] == _TEXT:
                self.on_frame(payload)
            elif buffer[begin] == _PING:
                self._write(_PONG, payload)
            begin = end
        self._buffer = buffer[begin:]
