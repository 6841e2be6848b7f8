"""Whether the keys of names fit the log: a file of keys may have come out of a backup."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.forgotten import forgotten_name

if TYPE_CHECKING:
    from clouds_edges.domain.players.state import Players
    from clouds_edges.eventsourcing.keyring import Keyring

_LOG: Final = logging.getLogger(__name__)


def check_keys(players: Players, keyring: Keyring) -> None:
    """Delete the keys of who was forgotten once more, and tell of keys that are missing.

    Raises:
        StoreUnavailable: The keys cannot be read or deleted.
    """
    if came_back := keyring.forget_all(players.forgotten):
        _LOG.warning("%d keys of forgotten players had come back, and are deleted", came_back)
    nameless = sum(
        player.name == forgotten_name(player.id) and player.id not in players.forgotten
        for player in players.by_id.values()
    )
    if nameless:
        _LOG.warning(
            "the names of %d of %d players cannot be read, because their keys are missing: if "
            "there is a backup of the keys, stop the server and put it back",
            nameless,
            len(players.by_id),
        )
