"""The streams, and the state of one of them at any version."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical

from clouds_edges.client.admin import words
from clouds_edges.client.admin.dialogs import ShortAnswer, TextScreen, VersionQuestion
from clouds_edges.client.admin.operator_view import Tone
from clouds_edges.client.admin.panes.pane import Pane
from clouds_edges.client.admin.trail import Trail
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.admin.widgets.text_view import TextView
from clouds_edges.client.admin.widgets.toned import toned
from clouds_edges.client.admin_connection import AdminTrouble, QuestionRefused
from clouds_edges.client.widgets.words import Words
from clouds_edges.protocol.admin import CheckStream, ListAggregates, ShowState

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.notifications import SeverityLevel

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.operator_view import OperatorView
    from clouds_edges.protocol.admin_answers import AggregatesPage, StateIs


class AggregatesPane(Pane):
    """A list of streams; a chosen one is open beside it, or where there is no room over it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="aggregates.filter"),
        Binding("n", "page(1)", "Next", id="aggregates.next"),
        Binding("p", "page(-1)", "Previous", id="aggregates.previous"),
        Binding("left,h", "step(-1)", "Step", key_display="←→", id="aggregates.earlier"),
        Binding("right,l", "step(1)", "Later", show=False, id="aggregates.later"),
        Binding("v", "version", "Version", id="aggregates.version"),
        Binding("e", "latest", "Latest", id="aggregates.latest"),
        Binding("m", "made", "Event", id="aggregates.event"),
        Binding("c", "check", "Check", id="aggregates.check"),
        Binding("escape", "close", "Back", id="aggregates.close"),
    ]
    HELP = """\
Aggregates
  Enter   the state of the stream, at its latest version
  /       streams that begin with a text
  n, p    next page, previous page

The state of one
  left, right   a version earlier, later
  v   any version, by its number
  e   the latest version, and follow it
  m   the event that made the state, all of it
  c   check: is every event readable, chained, and do they fold?
      clouds-edges admin verify does so for the whole log
  up, down, Page up, Page down   read; shift+left, shift+right as well
  Esc back to the list"""

    def __init__(self, operator: Operator, marks: Marks, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(operator, marks, id=id)
        self._prefix = ""
        self._trail: Trail[str] = Trail()
        self._page: AggregatesPage | None = None
        self._end = -1
        self._stream: str | None = None
        self._version: int | None = None
        self._state: StateIs | None = None
        self._latest = 0

    def compose(self) -> ComposeResult:
        """The streams, and beside them the state of one."""
        with Vertical(classes="list"):
            yield Words(classes="heading")
            yield Listing(words.STREAM_COLUMNS, self.marks, id="streams")
        with Vertical(classes="detail"):
            yield Words(id="stream", classes="heading")
            yield Words(id="version")
            yield Words(id="check")
            yield TextView(id="state")

    @property
    def listing(self) -> Listing:
        """The streams."""
        return self.query_one(Listing)

    async def look(self, view: OperatorView) -> None:
        """Follow the streams, and the open one when it has changed."""
        end = 0 if view.system is None else view.system.events
        is_stale = self.take_stale()
        if is_stale or end != self._end:
            self._end = end
            question = ListAggregates(prefix=self._prefix, after=self._trail.here or "")
            self._page = await self.operator.ask(question)
            self._show_list(self._page)
        if self._stream is not None and (is_stale or self._has_moved):
            await self._look_into(self._stream, self._version)

    def complain(self, sentence: str) -> None:
        """Show why there are no streams."""
        self.listing.say(words.sentence(sentence))

    def show_state(self, stream: str, version: int | None) -> None:
        """Open a stream at a version, and list what begins like it."""
        self._prefix = stream
        self._trail = Trail()
        self._open(stream, version)

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Open the stream."""
        self._open(event.key, None)

    def action_filter(self) -> None:
        """Ask with what the streams begin."""

        def narrowed(prefix: str | None) -> None:
            if prefix is not None:
                self._prefix = prefix
                self._turn(Trail())

        question = ShortAnswer("Streams that begin with", text=self._prefix)
        self.open(question, narrowed)

    def action_page(self, direction: int) -> None:
        """Turn a page of the list."""
        following = None if self._page is None else self._page.next
        if direction < 0:
            self._turn(self._trail.back())
        elif following is None:
            self.notify("This is the last page")
        else:
            self._turn(self._trail.forward(following))

    def action_step(self, step: int) -> None:
        """Go a version back or forth."""
        if self._state is None:
            return
        at = self._state.version if self._version is None else self._version
        version = min(max(at + step, 0), self._latest)
        if version != at:
            self._version = version
            self.become_stale()

    def action_version(self) -> None:
        """Ask for a version."""

        def chosen(text: str | None) -> None:
            if text is not None:
                self._version = int(text)
                self.become_stale()

        self.open(VersionQuestion(self._latest), chosen)

    def action_latest(self) -> None:
        """Follow the latest version."""
        self._version = None
        self.become_stale()

    def action_made(self) -> None:
        """Show the event that made the state."""
        if self._state is None or self._state.event is None:
            self.notify("No event made this: it is how every stream begins")
            return
        event = self._state.event
        text = words.event_in_full(event, self.marks)
        self.open(TextScreen(f"Event {event.position}", text))

    def action_check(self) -> None:
        """Have the open or the highlighted stream checked."""
        stream = self._stream or self.listing.key
        if stream is not None:
            self.run_worker(self._check(stream), group="check", exclusive=True)

    def action_close(self) -> None:
        """Go back to the list."""
        self._stream = self._state = None
        self.remove_class("-open")
        self.listing.options.focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Versions are for an open stream, pages for the list."""
        del parameters
        is_open = self._stream is not None
        if action in {"step", "version", "latest", "made", "close"}:
            return is_open
        return not is_open if action in {"page", "filter"} else True

    def _open(self, stream: str, version: int | None) -> None:
        self._stream, self._version, self._state = stream, version, None
        self.add_class("-open")
        self.query_one("#stream", Words).say(stream)
        self.query_one("#version", Words).say("asking the server")
        self.query_one("#check", Words).say("")
        self.query_one(TextView).show("")
        self.query_one(TextView).focus()
        self.become_stale()

    def _turn(self, trail: Trail[str]) -> None:
        self._trail = trail
        self.become_stale()

    def _show_list(self, page: AggregatesPage) -> None:
        heading = f"{self._prefix}*" if self._prefix else "all streams"
        if not self._trail.is_first or page.next is not None:
            heading += f", page {self._trail.page}"
        self.query_one(".list .heading", Words).say(heading)
        nothing = "No stream begins like that; / changes it" if self._prefix else "No stream yet"
        self.listing.show([words.stream_row(one) for one in page.aggregates], nothing)

    @property
    def _has_moved(self) -> bool:
        """Whether the list says that the open stream is further than what is shown of it."""
        rows = () if self._page is None else self._page.aggregates
        version = next((row.version for row in rows if row.stream == self._stream), self._latest)
        has_moved, self._latest = version > self._latest, max(version, self._latest)
        if has_moved and self._version is not None and self._state is not None:
            self._head(self._state)
            return False
        return has_moved

    async def _look_into(self, stream: str, version: int | None) -> None:
        try:
            state = await self.operator.ask(ShowState(stream=stream, version=version))
        except QuestionRefused as refused:
            self.query_one("#version", Words).say(words.sentence(refused.sentence))
            return
        if stream != self._stream or version != self._version:
            return  # somebody went on meanwhile, and what is wanted now is asked for next
        self._state, self._latest = state, state.latest
        self._head(state)
        self.query_one(TextView).show(words.pretty(state.state, self.marks))

    def _head(self, state: StateIs) -> None:
        self.query_one("#version", Words).say(words.state_in_words(state, self._latest))

    async def _check(self, stream: str) -> None:
        shown = self.query_one("#check", Words)
        shown.say("checking")
        try:
            tone, outcome = words.check_in_words(
                await self.operator.ask(CheckStream(stream=stream))
            )
        except AdminTrouble as trouble:
            tone, outcome = Tone.ERROR, words.sentence(trouble.sentence)
        if stream == self._stream:
            shown.say(toned(outcome, tone))
        else:
            severity: SeverityLevel = "information" if tone is Tone.GOOD else "error"
            self.notify(f"{stream} is {outcome}", severity=severity, markup=False)
