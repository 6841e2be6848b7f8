"""Which events an operator wants to see: typed, asked for, and in words."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from clouds_edges.client.admin.moments import format_moment, parse_moment
from clouds_edges.client.admin.unreadable import Unreadable
from clouds_edges.protocol.admin import LONGEST_TEXT, USUAL_ROWS, ListEvents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What an event must be like; what is empty does not matter."""

    stream: str = ""
    kind: str = ""
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def question(self, before: int | None, limit: int = USUAL_ROWS) -> ListEvents:
        """Ask for the newest of such events, before this position in the log."""
        return ListEvents(
            stream_prefix=self.stream,
            event_kind=self.kind or None,
            actor=self.actor or None,
            since=self.since,
            until=self.until,
            before=before,
            newest_first=True,
            limit=limit,
        )


FIELDS: Final = tuple(field.name for field in fields(EventFilter))
QUESTIONS: Final = {
    "stream": "stream begins with",
    "kind": "kind",
    "actor": "actor",
    "since": "since (UTC)",
    "until": "until (UTC)",
}
"""What is asked in the dialog; the names are those of the fields."""


def parse_filter(typed: Mapping[str, str], now: datetime) -> EventFilter:
    """The filter that was typed, a text for each of `FIELDS`.

    Raises:
        Unreadable: A part of it makes no sense.
    """
    texts = {name: typed.get(name, "").strip() for name in FIELDS}
    for name, text in texts.items():
        if len(text) > LONGEST_TEXT:
            message = f"{QUESTIONS[name]}: at most {LONGEST_TEXT} characters"
            raise Unreadable(message)
    since, until = _moment("since", texts, now), _moment("until", texts, now)
    if since is not None and until is not None and until <= since:
        message = f"until: {format_moment(until)} is not after {format_moment(since)}"
        raise Unreadable(message)
    return EventFilter(texts["stream"], texts["kind"], texts["actor"], since, until)


def typed_filter(wanted: EventFilter) -> dict[str, str]:
    """The filter as somebody could type it; undoes `parse_filter`, to the second."""
    return {
        "stream": wanted.stream,
        "kind": wanted.kind,
        "actor": wanted.actor,
        "since": "" if wanted.since is None else format_moment(wanted.since),
        "until": "" if wanted.until is None else format_moment(wanted.until),
    }


def filter_in_words(wanted: EventFilter) -> str:
    """The filter, for a heading."""
    names = {"stream": "stream", "kind": "kind", "actor": "by", "since": "since", "until": "until"}
    ending = {"stream": "*"}
    parts = [
        f"{names[name]} {text}{ending.get(name, '')}"
        for name, text in typed_filter(wanted).items()
        if text
    ]
    return ", ".join(parts) if parts else "all events"


def _moment(name: str, texts: Mapping[str, str], now: datetime) -> datetime | None:
    if not texts[name]:
        return None
    try:
        return parse_moment(texts[name], now)
    except Unreadable as error:
        message = f"{name}: {error}"
        raise Unreadable(message) from error
