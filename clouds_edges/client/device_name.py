"""What a player's list of devices calls this machine, unless somebody renames it."""

from __future__ import annotations

import platform

from clouds_edges.domain.players.names import check_name
from clouds_edges.domain.refusals import NameUnacceptable


def device_name() -> str:
    """The name of this machine, as far as it is one that can be shown; else nothing."""
    name = platform.node().partition(".")[0]
    try:
        check_name(name)
    except NameUnacceptable:
        return ""
    return name
