"""What the operator's view knows of the server as a whole, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from clouds_edges.client.admin.figures import counted, rate

if TYPE_CHECKING:
    from datetime import datetime

    from clouds_edges.protocol.admin_answers import SystemIs

MOST_RATES: Final = 240
"""How many figures a second apart are kept for the picture."""
_BETWEEN_RATES: Final = timedelta(seconds=0.9)


class Tone(StrEnum):
    """How something stands; the words say it as well."""

    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class OperatorView:
    """The server's figures as last heard; `trouble` says why none are heard any more."""

    system: SystemIs | None = None
    trouble: str = ""
    rates: tuple[float, ...] = ()
    rated_at: datetime | None = None
    """When the server said the last of the rates."""

    @property
    def is_lost(self) -> bool:
        """Whether the server does not say how it does."""
        return bool(self.trouble)

    def heard(self, system: SystemIs) -> OperatorView:
        """The view after the server has answered."""
        if self.rated_at is not None and abs(system.now - self.rated_at) < _BETWEEN_RATES:
            return replace(self, system=system, trouble="")
        rates = (*self.rates, system.events_a_second)[-MOST_RATES:]
        return OperatorView(system, "", rates, system.now)

    def lost(self, sentence: str) -> OperatorView:
        """The view after the server has not said how it does."""
        return replace(self, trouble=sentence)


def status_in_words(view: OperatorView) -> tuple[Tone, str, str]:
    """How it stands with the server: the tone, a sign that needs no colour, and words."""
    if view.is_lost:
        return Tone.ERROR, "!", f"{view.trouble.rstrip('.')}. Trying again."
    system = view.system
    if system is None:
        return Tone.WARNING, "o", "asking the server"
    if system.log_trouble is not None:
        return Tone.ERROR, "!", f"NOTHING IS RECORDED, {system.log_trouble}"
    if system.frozen is not None:
        return Tone.WARNING, "=", f"FROZEN, nothing is recorded: {system.frozen}"
    return _at_work(system)


def _at_work(system: SystemIs) -> tuple[Tone, str, str]:
    words = [
        counted(system.games_live, "game in play", "games in play"),
        f"{system.connections} connected",
        f"{rate(system.events_a_second)} events/s",
    ]
    if system.quarantined:
        streams = counted(len(system.quarantined), "stream", "streams")
        return Tone.ERROR, "!", ", ".join([f"{streams} in quarantine", *words])
    if system.parked:
        return Tone.WARNING, "!", ", ".join([f"{system.parked} parked", *words])
    return Tone.GOOD, "*", ", ".join(words)
