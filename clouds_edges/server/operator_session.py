"""The connection of an operator: questions, each answered when its answer is there."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from websockets.exceptions import ConnectionClosed

from clouds_edges.domain.refusals import NotAdmin
from clouds_edges.eventsourcing.errors import EventSourcingError
from clouds_edges.protocol.admin import MOST_UNDER_WAY
from clouds_edges.protocol.admin_answers import NotDone
from clouds_edges.protocol.admin_messages import Answered
from clouds_edges.protocol.frames import format_frame, parse_question_frame
from clouds_edges.protocol.messages import CloseCode
from clouds_edges.server.incoming import Goodbye, Incoming

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

    from clouds_edges.domain.actors import Admin
    from clouds_edges.protocol.admin_answers import Answer
    from clouds_edges.protocol.admin_messages import Ask
    from clouds_edges.server.admin.administration import Administration


_LOG: Final = logging.getLogger(__name__)
_ROLE_SECONDS: Final = 0.25
"""How often is looked for the role; whoever loses it has to go within a second."""
_TOO_MANY: Final = NotDone(
    code="too_many_questions",
    sentence=f"{MOST_UNDER_WAY} questions are under way: wait for an answer",
)


class OperatorSession:
    """Serves one operator, who has greeted; always reads on, to hear when the operator goes."""

    def __init__(
        self,
        socket: ServerConnection,
        incoming: Incoming,
        administration: Administration,
        who: Admin,
    ) -> None:
        self._socket = socket
        self._incoming = incoming
        self._administration = administration
        self._who = who
        self._under_way = 0

    async def run(self) -> None:
        """Answer until the operator goes, or has to.

        Raises:
            ConnectionClosed: The operator is gone.
            Goodbye: There were too many mistakes, or the operator has not the role any more.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._go_without_role())
                while True:
                    ask = await self._incoming.next(parse_question_frame)
                    if self._under_way < MOST_UNDER_WAY:
                        self._under_way += 1
                        tasks.create_task(self._answer(ask))
                    else:
                        await self._send(ask, _TOO_MANY)
        except* (ConnectionClosed, Goodbye) as ends:  # several may come at once
            raise ends.exceptions[0] from None

    async def _go_without_role(self) -> None:
        """Look again and again whether the operator still has the role.

        Raises:
            Goodbye: They do not.
        """
        while True:
            await asyncio.sleep(_ROLE_SECONDS)
            try:
                await self._administration.check_role(self._who)
            except NotAdmin:
                reason = "the role of admin was withdrawn"
                raise Goodbye(CloseCode.REVOKED, reason) from None
            except EventSourcingError as trouble:
                _LOG.warning("whether %s is an admin is seen later: %s", self._who.id, trouble)

    async def _answer(self, ask: Ask) -> None:
        try:
            await self._send(ask, await self._administration.answer(ask.question, self._who))
        finally:
            self._under_way -= 1

    async def _send(self, ask: Ask, answer: Answer) -> None:
        await self._socket.send(format_frame(Answered(id=ask.id, answer=answer)))
