"""What comes over one socket: messages; frames that are none are answered, up to a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clouds_edges.domain.refusals import NotAdmin
from clouds_edges.protocol.frames import MalformedFrame, OperatorsOnly, format_frame
from clouds_edges.protocol.messages import CloseCode, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from websockets.asyncio.server import ServerConnection

    from clouds_edges.server.doors import Pace

    M = TypeVar("M")

MOST_MISTAKES: Final = 50


class Goodbye(Exception):
    """The session ends here, with a code and a reason for the client."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Incoming:
    """Reads messages from a socket; counts the client's mistakes."""

    def __init__(self, socket: ServerConnection, pace: Pace) -> None:
        self._socket = socket
        self._pace = pace
        self._mistakes = 0

    async def next(self, parse: Callable[[str | bytes], M]) -> M:
        """The next message. Mistakes are answered at once, so that a flood of them slows itself.

        Raises:
            Goodbye: That was one mistake too many.
            ConnectionClosed: The client is gone.
        """
        while True:
            frame = await self._socket.recv()
            await self._pace.keep()
            try:
                return parse(frame)
            except MalformedFrame as error:
                self._mistakes += 1
                if self._mistakes > MOST_MISTAKES:
                    raise Goodbye(CloseCode.TOO_MANY_MISTAKES, "too many bad frames") from error
                await self._socket.send(format_frame(_refusal(error)))


def _refusal(error: MalformedFrame) -> Refused:
    code = NotAdmin.code if isinstance(error, OperatorsOnly) else "malformed_frame"
    return Refused(id=error.id, code=code, sentence=str(error))
