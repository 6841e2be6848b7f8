"""Codes that let one more device of a player in: short, for once, and for ten minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from clouds_edges.domain.ids import device_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from clouds_edges.domain.ids import DeviceCode, PlayerId

_LIFETIME: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Promise:
    """Who has the code, and until when."""

    code: DeviceCode
    player: PlayerId
    until: datetime


class DeviceCodes:
    """The codes of the moment, one a player; they do not outlive the server."""

    def __init__(self, now: Callable[[], datetime], new_seed: Callable[[], int]) -> None:
        self._now = now
        self._new_seed = new_seed
        self._promises: dict[PlayerId, Promise] = {}

    def new(self, player: PlayerId) -> Promise:
        """A code for a player; one that the player had before is good for nothing any more."""
        self._drop_old()
        code = device_code(self._new_seed())
        promise = Promise(code, player, self._now() + _LIFETIME)
        self._promises[player] = promise
        return promise

    def redeem(self, code: str) -> PlayerId | None:
        """Whose code this is, once; None if it is nobody's, or not any more."""
        self._drop_old()
        for player, promise in self._promises.items():
            if promise.code == code:
                del self._promises[player]
                return player
        return None

    def _drop_old(self) -> None:
        now = self._now()
        self._promises = {who: one for who, one in self._promises.items() if now < one.until}
