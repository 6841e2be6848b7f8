"""What an admin can ask of the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Freeze:
    """Let nothing more be recorded, for a reason that players are told."""

    reason: str
    kind: Literal["freeze"] = "freeze"


@dataclass(frozen=True, slots=True)
class Unfreeze:
    """Let everything go on."""

    kind: Literal["unfreeze"] = "unfreeze"


Command: TypeAlias = Freeze | Unfreeze
