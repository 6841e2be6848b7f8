"""Following what a server tells, event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.decider import Decider

S = TypeVar("S")
E = TypeVar("E")


class SaysWhatCannotBe(Exception):
    """The server tells an event that cannot have happened to what it told of before."""


def followed(decider: Decider[Any, Any, E, S], state: S, event: E) -> S:
    """The state after an event.

    Raises:
        SaysWhatCannotBe: The event does not fit the state. `evolve` never fails on what `decide`
            has decided; on anything else it may fail in any way.
    """
    try:
        return decider.evolve(state, event)
    except Exception as error:
        kind = getattr(event, "kind", type(event).__name__)
        message = (
            f"the server says what cannot be, so it cannot be followed any further ({kind}); it "
            "may be of another version, and the log tells more"
        )
        raise SaysWhatCannotBe(message) from error
