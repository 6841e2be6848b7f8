"""How the server does as a whole; freezing it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from clouds_edges.client.admin import words
from clouds_edges.client.admin.dialogs import ReasonQuestion, TextScreen
from clouds_edges.client.admin.figures import small_picture
from clouds_edges.client.admin.panes.pane import Pane
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.admin_connection import QuestionRefused
from clouds_edges.client.widgets.words import Words
from clouds_edges.protocol.admin import FreezeServer, ShowActivity, UnfreezeServer

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.operator_view import OperatorView
    from clouds_edges.protocol.admin_answers import SystemIs

_BETWEEN_DAYS: Final = timedelta(seconds=30)
"""How old the picture of the days may become."""


class SystemPane(Pane):
    """The figures, pictures of the last seconds and days, and the streams in quarantine."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "freeze", "Freeze", id="system.freeze"),
        Binding("u", "unfreeze", "Unfreeze", id="system.unfreeze"),
        Binding("g", "go", "Aggregate", id="system.go"),
    ]
    HELP = """\
System
  f   freeze: nothing is recorded from then on, reading goes on;
      asks for the reason, which the players read
  u   unfreeze: record again; asks first
  g   the aggregate in quarantine that is highlighted"""

    def __init__(self, operator: Operator, marks: Marks, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(operator, marks, id=id)
        self._system: SystemIs | None = None
        self._view: OperatorView | None = None
        self._days_at: datetime | None = None

    def compose(self) -> ComposeResult:
        """Figures over pictures over a list that is mostly empty."""
        with VerticalScroll(id="figures-scroll", can_focus=True):
            yield Words(id="figures")
            yield Words(id="rates")
            yield Words(id="picture")
            yield Words(id="days")
        yield Words(id="quarantine", classes="heading")
        yield Listing(words.QUARANTINE_COLUMNS, self.marks, id="quarantined")

    @property
    def listing(self) -> Listing:
        """The streams in quarantine."""
        return self.query_one(Listing)

    async def look(self, view: OperatorView) -> None:
        """Show what the app has asked for already, and now and then the days."""
        self.take_stale()
        before = self._offers
        self._view, self._system = view, view.system
        if before != self._offers:
            self.refresh_bindings()
        self._draw()
        if view.is_lost:
            self.complain(view.trouble)
        elif view.system is not None:
            await self._look_at_days(view.system.now)

    def complain(self, sentence: str) -> None:
        """Show why there are no figures."""
        self.query_one("#figures", Words).say(words.sentence(sentence))

    def on_resize(self) -> None:
        """Fit the figures into the room there is now."""
        self._draw()

    def on_listing_chosen(self) -> None:
        """Show all that is known of a stream in quarantine."""
        rows = () if self._system is None else self._system.quarantined
        for row in rows:
            if row.stream == self.listing.key:
                text = f"from version {row.version} on\n\n{row.error}"
                self.open(TextScreen(row.stream, text))

    def action_freeze(self) -> None:
        """Ask for the reason, which is the asking, and freeze."""

        def answered(reason: str | None) -> None:
            if reason is not None:
                self.do(FreezeServer(reason=reason))

        self.open(ReasonQuestion("Freeze the server; why?"), answered)

    def action_unfreeze(self) -> None:
        """Record again."""
        self.ask_once("Let the server record again?", "Unfreeze", UnfreezeServer())

    def action_go(self) -> None:
        """Show the aggregate that is in quarantine."""
        if self.listing.key is not None:
            self.post_message(self.Show(self.listing.key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Freezing is for a server that runs, unfreezing for one that is frozen."""
        del parameters
        return action in self._offers

    @property
    def _offers(self) -> frozenset[str]:
        """What can be done now."""
        is_frozen = self._system is not None and self._system.frozen is not None
        has_quarantine = self._system is not None and bool(self._system.quarantined)
        return frozenset(
            ["unfreeze" if is_frozen else "freeze", *(["go"] if has_quarantine else [])]
        )

    async def _look_at_days(self, now: datetime) -> None:
        """Ask what went on lately, if that was long ago; a refusal hides none of the figures."""
        if self._days_at is not None and abs(now - self._days_at) < _BETWEEN_DAYS:
            return
        try:
            days = (await self.operator.ask(ShowActivity())).days
        except QuestionRefused as refused:
            self.query_one("#days", Words).say(words.sentence(refused.sentence))
        else:
            self.query_one("#days", Words).say(words.days_in_words(days, self.marks))
        self._days_at = now

    def _draw(self) -> None:
        view, system = self._view, self._system
        if view is None or system is None:
            return
        room = max(self.size.width - 4, 1)
        figures = words.system_figures(system)
        self.query_one("#figures", Words).say(words.in_columns(figures, room, self.marks))
        self.query_one("#rates", Words).say(words.rates_in_words(view))
        picture = small_picture(view.rates, room, self.marks)
        self.query_one("#picture", Words).say(picture)
        rows = [words.quarantined_row(one) for one in system.quarantined]
        self.listing.show(rows, "")
        self.set_class(bool(rows), "-quarantine")
        self.query_one("#quarantine", Words).say("in quarantine: nothing is recorded there")
