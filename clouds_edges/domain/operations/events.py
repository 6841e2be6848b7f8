"""What can happen to the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class ServerFrozen:
    """Nothing but operations is recorded from here on."""

    reason: str
    kind: Literal["server_frozen"] = "server_frozen"


@dataclass(frozen=True, slots=True)
class ServerUnfrozen:
    """Everything goes on."""

    kind: Literal["server_unfrozen"] = "server_unfrozen"


Event: TypeAlias = ServerFrozen | ServerUnfrozen
