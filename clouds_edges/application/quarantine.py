"""What a stream that cannot be read means for those who play, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clouds_edges.domain.ids import MAIN_LOBBY, OPERATIONS, PLAYERS
from clouds_edges.eventsourcing.decider import StreamName

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.errors import StreamQuarantined

_OF_ONE_GAME: Final = "this game cannot go on, all others can"
_MEANINGS: Final = {
    PLAYERS: "nobody can sign up or take another name, everything else goes on",
    MAIN_LOBBY: "no game can be opened, joined or cancelled, those in play go on",
    OPERATIONS: "the server is not frozen, and cannot be, everything else goes on",
}


def sentence_about(damage: StreamQuarantined) -> str:
    """What is wrong, what follows, and whom to tell."""
    meaning = _MEANINGS.get(StreamName(damage.stream), _OF_ONE_GAME)
    return (
        f"the server cannot rely on its record of {damage.stream} from version {damage.version} "
        f"on: {meaning}. Tell who runs the server"
    )
