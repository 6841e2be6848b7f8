"""The refusals that more than one part of the domain knows."""

from __future__ import annotations

from clouds_edges.eventsourcing.decider import Refused


class NotSignedUp(Refused):
    """A guest wants what only players may."""

    code = "not_signed_up"


class NameUnacceptable(Refused):
    """The name has characters, a length or a look that is not allowed."""

    code = "name_unacceptable"


class NotAllowed(Refused):
    """Whoever gives the command is not of those who ever may."""

    code = "not_allowed"


class NotAdmin(Refused):
    """Only an admin may do this."""

    code = "not_admin"


class Forgotten(Refused):
    """The player was forgotten, and does nothing any more."""

    code = "forgotten"
