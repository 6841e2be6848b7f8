"""What stood in a client's way, as the message that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clouds_edges.application.quarantine import sentence_about
from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.eventsourcing.errors import StreamQuarantined
from clouds_edges.protocol.messages import Refused as RefusedMessage

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.decider import CommandId
    from clouds_edges.eventsourcing.errors import EventSourcingError


def refusal(
    reason: Refused | EventSourcingError,
    order: CommandId | None = None,
    version: int | None = None,
) -> RefusedMessage:
    """The answer to an order, or (None) to a wish; of damage it says what it means for players."""
    if isinstance(reason, Refused):
        return RefusedMessage(id=order, code=reason.code, sentence=reason.sentence, version=version)
    sentence = sentence_about(reason) if isinstance(reason, StreamQuarantined) else str(reason)
    return RefusedMessage(id=order, code=code_of(reason), sentence=sentence, version=version)


def code_of(trouble: EventSourcingError) -> str:
    """The name of the trouble as a code: `VersionConflict` is `version_conflict`."""
    name = type(trouble).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
