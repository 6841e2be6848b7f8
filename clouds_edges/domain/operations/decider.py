"""Whether the server is frozen.

Who may freeze and unfreeze it is asked before: see `permissions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.actors import Actor
from clouds_edges.domain.operations.commands import Command, Freeze, Unfreeze
from clouds_edges.domain.operations.events import Event, ServerFrozen, ServerUnfrozen
from clouds_edges.domain.operations.refusals import (
    AlreadyFrozen,
    NotFrozen,
    ReasonUnacceptable,
)
from clouds_edges.eventsourcing.decider import Decider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clouds_edges.eventsourcing.decider import Issued

LONGEST_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Operations:
    """The server as its admins left it; `frozen` is the reason, or None while it is not."""

    frozen: str | None = None


def decide(issued: Issued[Command, Actor], operations: Operations) -> Sequence[Event]:
    """Freeze what is not frozen, unfreeze what is."""
    match issued.command:
        case Freeze(reason):
            if operations.frozen is not None:
                message = f"the server is frozen already: {operations.frozen}"
                raise AlreadyFrozen(message)
            _check_reason(reason)
            return [ServerFrozen(reason)]
        case Unfreeze():
            if operations.frozen is None:
                message = "the server is not frozen"
                raise NotFrozen(message)
            return [ServerUnfrozen()]


def evolve(_operations: Operations, event: Event) -> Operations:
    """The last event says it all."""
    match event:
        case ServerFrozen(reason):
            return Operations(reason)
        case ServerUnfrozen():
            return Operations()


def _check_reason(reason: str) -> None:
    if not (reason.strip() and reason.isprintable() and len(reason) <= LONGEST_REASON):
        message = (
            f"the reason is shown to players: 1 to {LONGEST_REASON} characters that can be printed"
        )
        raise ReasonUnacceptable(message)


OPERATIONS_DECIDER: Final[Decider[Command, Actor, Event, Operations]] = Decider(
    initial=Operations(), decide=decide, evolve=evolve
)
