"""The file by which an operator on the same machine finds a running server, and is let in.

The server writes it into its data folder when it starts, for its own user only, and takes it away
at the end. The token in it is good for this one run of the server.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from clouds_edges.protocol.invites import Fingerprint
from clouds_edges.protocol.messages import Token

ACCESS_FILE: Final = "admin.json"


class Access(BaseModel):
    """Where a server listens, its key if it encrypts, its operator's token, its process's id."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    url: str
    key: Fingerprint | None = None
    token: Token
    pid: int
