"""Why operations, or a frozen server, say no."""

from __future__ import annotations

from clouds_edges.eventsourcing.decider import Refused


class AlreadyFrozen(Refused):
    """The server is frozen; it says for which reason."""

    code = "already_frozen"


class NotFrozen(Refused):
    """There is nothing to unfreeze."""

    code = "not_frozen"


class ReasonUnacceptable(Refused):
    """The reason is empty, too long, or cannot be shown."""

    code = "reason_unacceptable"


class Frozen(Refused):
    """The server is frozen: nothing is recorded until an admin lets it go on."""

    code = "frozen"
