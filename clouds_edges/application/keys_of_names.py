"""Whether the keys of names fit the log: a file of keys may have come out of a backup."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, cast

from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.ids import PLAYERS
from clouds_edges.domain.players.decider import PLAYERS_DECIDER
from clouds_edges.eventsourcing.errors import UnreadableEvent
from clouds_edges.eventsourcing.recorded import BEGINNING

if TYPE_CHECKING:
    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.domain.players.events import Event as PlayersEvent
    from clouds_edges.domain.players.state import Players
    from clouds_edges.eventsourcing.codec import Codec
    from clouds_edges.eventsourcing.keyring import Keyring
    from clouds_edges.eventsourcing.log_entry import StoredLog

_LOG: Final = logging.getLogger(__name__)


def check_keys(players: Players, keyring: Keyring) -> None:
    """Delete the keys of who was forgotten once more, and tell of keys that are missing.

    Raises:
        StoreUnavailable: The keys cannot be read or deleted.
    """
    if came_back := keyring.forget_all(players.forgotten):
        _LOG.warning("%d keys of forgotten players had come back, and are deleted", came_back)
    if nameless := count_nameless(players):
        _LOG.warning(
            "the names of %d of %d players cannot be read, because their keys are missing: if "
            "there is a backup of the keys, stop the server and put it back",
            nameless,
            len(players.by_id),
        )


def count_nameless(players: Players) -> int:
    """How many names cannot be read, although nobody has forgotten them."""
    return sum(
        player.name == forgotten_name(player.id) and player.id not in players.forgotten
        for player in players.by_id.values()
    )


def players_in(log: StoredLog, codec: Codec[AnyEvent]) -> Players:
    """Everybody in a log, as far as it can be read; raises `StoreUnavailable`."""
    players = PLAYERS_DECIDER.initial
    for entry in log.entries(BEGINNING, log.end()):
        if entry.stream != PLAYERS:
            continue
        try:
            event = entry.recorded(codec).event
        except UnreadableEvent:
            break
        players = PLAYERS_DECIDER.evolve(players, cast("PlayersEvent", event))  # of their stream
    return players
