"""The event log, newest first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from clouds_edges.client.admin import words
from clouds_edges.client.admin.dialogs import Form, TextScreen
from clouds_edges.client.admin.event_filter import (
    QUESTIONS,
    EventFilter,
    filter_in_words,
    parse_filter,
    typed_filter,
)
from clouds_edges.client.admin.figures import counted
from clouds_edges.client.admin.moments import EXAMPLES
from clouds_edges.client.admin.panes.pane import Pane
from clouds_edges.client.admin.trail import Trail
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.widgets.words import Words

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.operator_view import OperatorView
    from clouds_edges.protocol.admin_answers import EventRow, EventsPage


class EventsPane(Pane):
    """Follows the log, or stands still at a page of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="events.filter"),
        Binding("f", "follow", "Follow", id="events.follow"),
        Binding("n", "older", "Older", id="events.older"),
        Binding("p", "newer", "Newer", id="events.newer"),
        Binding("g", "go", "Aggregate", id="events.go"),
    ]
    HELP = """\
Events
  up, down   choose an event; Enter, or a click, shows all of it
  /   filter by stream, kind, actor, time; Ctrl+L there empties it
  f   follow what happens, or stand still
  n   older events
  p   newer events
  g   the aggregate of the event, at its version"""

    def __init__(self, operator: Operator, marks: Marks, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(operator, marks, id=id)
        self._wanted = EventFilter()
        self._trail: Trail[int] = Trail()
        self._follows = True
        self._page: EventsPage | None = None
        self._end = 0
        self._now: datetime | None = None

    def compose(self) -> ComposeResult:
        """What is shown in words, over the events."""
        yield Words(classes="heading")
        yield Listing(words.EVENT_COLUMNS, self.marks, id="events-list", follows_top=True)

    @property
    def listing(self) -> Listing:
        """The events."""
        return self.query_one(Listing)

    async def look(self, view: OperatorView) -> None:
        """Follow the log while it is followed."""
        if view.system is not None:
            self._end, self._now = view.system.events, view.system.now
        has_moved = self._page is None or self._page.end != self._end
        follows = self._follows and self._trail.is_first
        if self.take_stale() or (follows and has_moved):
            self._page = await self.operator.ask(self._wanted.question(self._trail.here))
            self._end = max(self._end, self._page.end)
            rows = [words.event_row(event) for event in self._page.events]
            self.listing.show(rows, self._nothing)
        self._head()

    def complain(self, sentence: str) -> None:
        """Show why there are no events."""
        self.listing.say(words.sentence(sentence))

    def on_listing_chosen(self) -> None:
        """Show all of the event."""
        event = self._chosen
        if event is None:
            return

        def closed(goes: bool | None) -> None:  # noqa: FBT001 - called by Textual
            if goes:
                self.post_message(self.Show(event.stream, event.version))

        title = f"Event {event.position}"
        text = words.event_in_full(event, self.marks)
        self.open(TextScreen(title, text, goes_to="shows its aggregate"), closed)

    def action_filter(self) -> None:
        """Ask which events to show."""
        if self._now is None:
            return
        form = Form(
            "Show events of which",
            QUESTIONS,
            typed_filter(self._wanted),
            partial(parse_filter, now=self._now),
            hint=f"Times are in UTC: {EXAMPLES}",
        )
        self.open(form, self._narrow)

    def action_follow(self) -> None:
        """Follow from the newest on, or stand still."""
        self._follows = not (self._follows and self._trail.is_first)
        if self._follows:
            self._trail = Trail()
        self.become_stale()

    def action_older(self) -> None:
        """Go back in time."""
        if self._page is None or self._page.next is None:
            self.notify("There are no older ones")
            return
        self._turn(self._trail.forward(self._page.next))

    def action_newer(self) -> None:
        """Go forward in time."""
        if self._trail.is_first:
            self.notify("These are the newest")
        else:
            self._turn(self._trail.back())

    def action_go(self) -> None:
        """Show the aggregate as the event has left it."""
        if self._chosen is not None:
            self.post_message(self.Show(self._chosen.stream, self._chosen.version))

    def _narrow(self, wanted: EventFilter | None) -> None:
        if wanted is not None:
            self._wanted = wanted
            self._turn(Trail())

    def _turn(self, trail: Trail[int]) -> None:
        self._trail = trail
        self._page = None
        self.listing.say("asking the server")
        self.become_stale()

    def _head(self) -> None:
        parts = [filter_in_words(self._wanted)]
        if not self._trail.is_first:
            parts.append(f"page {self._trail.page}, p goes to newer ones")
        elif self._follows:
            parts.append("following")
        else:
            missed = self._end - (self._end if self._page is None else self._page.end)
            since = f", {counted(missed, 'event', 'events')} since then" if missed else ""
            parts.append(f"standing still{since}, f follows")
        self.query_one(".heading", Words).say(" | ".join(parts))

    @property
    def _nothing(self) -> str:
        if self._wanted == EventFilter():
            return "Nothing has happened yet"
        return "No event is like that; / changes the filter"

    @property
    def _chosen(self) -> EventRow | None:
        events = () if self._page is None else self._page.events
        return next((one for one in events if str(one.position) == self.listing.key), None)
