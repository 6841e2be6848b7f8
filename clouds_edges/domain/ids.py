"""Names of players, games and streams: short, fixed in width, drawn from a command's dice."""

from __future__ import annotations

from typing import Final, NewType

from clouds_edges.eventsourcing.decider import StreamName

PlayerId = NewType("PlayerId", str)
GameId = NewType("GameId", str)
InviteCode = NewType("InviteCode", str)
DeviceCode = NewType("DeviceCode", str)

PLAYERS: Final = StreamName("players")
MAIN_LOBBY: Final = StreamName("lobby/main")
OPERATIONS: Final = StreamName("operations")

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Douglas Crockford's base 32: no letter that could be read as a digit."""
_ID_WIDTH: Final = 12
INVITE_WIDTH: Final = 6
_CODE_WIDTH: Final = 8


def player_id(seed: int) -> PlayerId:
    """A player's id out of 60 bits of chance."""
    return PlayerId(_base32(seed, _ID_WIDTH))


def game_id(seed: int) -> GameId:
    """A game's id out of 60 bits of chance."""
    return GameId(_base32(seed, _ID_WIDTH))


def invite_code(seed: int) -> InviteCode:
    """A code short enough to be said aloud, out of 30 bits of chance."""
    return InviteCode(_base32(seed, INVITE_WIDTH))


def device_code(seed: int) -> DeviceCode:
    """A code short enough to be typed, out of 40 bits of chance."""
    return DeviceCode(_base32(seed, _CODE_WIDTH))


def game_stream(game: GameId) -> StreamName:
    """Where the events of a game are."""
    return StreamName(f"game/{game}")


def game_in(stream: StreamName) -> GameId:
    """The game whose events are in this stream; undoes `game_stream`."""
    return GameId(stream.removeprefix("game/"))


def category_of(stream: StreamName) -> str:
    """The part of a stream's name that says which decider it belongs to."""
    return stream.partition("/")[0]


def _base32(bits: int, width: int) -> str:
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(width)))
