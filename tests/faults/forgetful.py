"""A server that does not know an order again, for controls."""

from __future__ import annotations

from datetime import datetime

import pytest

from clouds_edges.domain.actors import Player
from clouds_edges.eventsourcing.decider import CommandId, Issued
from clouds_edges.protocol.messages import Command
from clouds_edges.server import player_session


def forget_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let servers give every order an id of its own, whatever id the client gave it."""
    monkeypatch.setattr(player_session, "Issued", _issued_anew)


def _issued_anew(
    command: Command, by: Player, at: datetime, _id: CommandId, seed: int
) -> Issued[Command, Player]:
    return Issued(command, by, at, CommandId(f"{seed:x}"), seed)
