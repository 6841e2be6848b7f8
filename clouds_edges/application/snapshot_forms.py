"""How the states of the long streams, players and lobby, are written into snapshots."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter

from clouds_edges.domain.actors import Player
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.players.state import Players
from clouds_edges.eventsourcing.snapshots import Form

_EVERYBODY: Final = TypeAdapter(tuple[Player, ...])
_LOBBY: Final = TypeAdapter(Lobby)


def _write_players(players: Players) -> bytes:
    return _EVERYBODY.dump_json(tuple(players.by_id.values()))


def _read_players(state: bytes) -> Players:
    return Players.of(_EVERYBODY.validate_json(state, strict=True))


def _write_lobby(lobby: Lobby) -> bytes:
    return _LOBBY.dump_json(lobby)


def _read_lobby(state: bytes) -> Lobby:
    return _LOBBY.validate_json(state, strict=True)


PLAYERS_FORM: Final = Form(_write_players, _read_players)
LOBBY_FORM: Final = Form(_write_lobby, _read_lobby)
