"""The codes under which trouble crosses the socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.errors import EventSourcingError


def code_of(trouble: EventSourcingError) -> str:
    """The name of the trouble as a code: `VersionConflict` is `version_conflict`."""
    name = type(trouble).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
