"""What every connection works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from clouds_edges.application.system import System
    from clouds_edges.server.admin.administration import Administration
    from clouds_edges.server.device_codes import DeviceCodes
    from clouds_edges.server.doors import Doors
    from clouds_edges.server.hub import Hub
    from clouds_edges.server.presence import Presence
    from clouds_edges.server.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Made once, in the composition root."""

    system: System
    hub: Hub
    tokens: Tokens
    codes: DeviceCodes
    doors: Doors
    administration: Administration
    presence: Presence
    now: Callable[[], datetime]
    new_seed: Callable[[], int]
