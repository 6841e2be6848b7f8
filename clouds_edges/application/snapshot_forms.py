"""How the states of the long streams, players and lobby, are written into snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from clouds_edges.domain.actors import Player
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.lobby.state import Lobby
from clouds_edges.domain.players.state import Players
from clouds_edges.eventsourcing.snapshots import Form

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.personal import Sealer


@dataclass(frozen=True, slots=True)
class _Everybody:
    players: tuple[Player, ...]
    forgotten: tuple[PlayerId, ...]
    admins: tuple[PlayerId, ...]


_EVERYBODY: Final = TypeAdapter(_Everybody)
_LOBBY: Final = TypeAdapter(Lobby)


def players_form(sealer: Sealer | None) -> Form[Players]:
    """The list of players, with sealed names if there is a sealer."""

    def write(players: Players) -> bytes:
        everybody = _Everybody(
            tuple(players.by_id.values()), tuple(players.forgotten), tuple(players.admins)
        )
        return _EVERYBODY.dump_json(everybody, context=sealer)

    def read(state: bytes) -> Players:
        everybody = _EVERYBODY.validate_json(state, strict=True, context=sealer)
        return Players.of(everybody.players, everybody.forgotten, everybody.admins)

    return Form(write, read)


def lobby_form(sealer: Sealer | None) -> Form[Lobby]:
    """The tables of a lobby, with sealed names if there is a sealer."""

    def write(lobby: Lobby) -> bytes:
        return _LOBBY.dump_json(lobby, context=sealer)

    def read(state: bytes) -> Lobby:
        return _LOBBY.validate_json(state, strict=True, context=sealer)

    return Form(write, read)
