"""The processes, and what they are stuck at."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from clouds_edges.client.admin import words
from clouds_edges.client.admin.dialogs import TextScreen
from clouds_edges.client.admin.panes.pane import Pane
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.widgets.words import Words
from clouds_edges.protocol.admin import (
    ListProcesses,
    PauseProcess,
    RebuildProcess,
    ResumeProcess,
    RetryStuck,
    SkipStuck,
)

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.operator_view import OperatorView
    from clouds_edges.protocol.admin_answers import ProcessRow, StuckRow


class ProcessesPane(Pane):
    """All processes over all events that one of them is stuck at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "pause", "Pause", id="processes.pause"),
        Binding("r", "resume", "Resume", id="processes.resume"),
        Binding("b", "rebuild", "Rebuild", id="processes.rebuild"),
        Binding("t", "retry", "Retry", id="processes.retry"),
        Binding("s", "skip", "Skip", id="processes.skip"),
        Binding("g", "go", "Aggregate", id="processes.go"),
    ]
    HELP = """\
Processes
  Tab   go from the processes to what they are stuck at
  p     pause the highlighted process
  r     resume it
  b     rebuild: fold its own state again, silently; asks first
  t     retry at once what the highlighted row says is stuck
  s     skip it, and go on behind it; asks first
  g     the aggregate of what is stuck
  Enter all that is known of the row"""

    def __init__(self, operator: Operator, marks: Marks, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(operator, marks, id=id)
        self._processes: tuple[ProcessRow, ...] = ()

    def compose(self) -> ComposeResult:
        """Two lists."""
        yield Listing(words.PROCESS_COLUMNS, self.marks, id="processes-list")
        yield Words(classes="heading")
        yield Listing(words.STUCK_COLUMNS, self.marks, id="stuck-list")

    @property
    def processes(self) -> Listing:
        """The processes."""
        return self.query_one("#processes-list", Listing)

    @property
    def stuck(self) -> Listing:
        """What they are stuck at."""
        return self.query_one("#stuck-list", Listing)

    async def look(self, view: OperatorView) -> None:
        """Ask how all of them stand."""
        del view
        self.take_stale()
        answer = await self.operator.ask(ListProcesses())
        was_stuck, self._processes = bool(self._all_stuck), answer.processes
        rows = [words.process_row(one) for one in answer.processes]
        self.processes.show(rows, "This server has no processes")
        stuck = [words.stuck_row(name, one) for name, one in self._all_stuck]
        self.stuck.show(stuck, "No process is stuck")
        self.query_one(".heading", Words).say("stuck at")
        if was_stuck != bool(self._all_stuck):
            self.refresh_bindings()

    def complain(self, sentence: str) -> None:
        """Show why there are no processes."""
        self.processes.say(words.sentence(sentence))

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Show all that is known of a row."""
        if event.listing is self.stuck:
            self._explain_stuck()
        else:
            self._explain_process()

    def action_pause(self) -> None:
        """Let the process rest."""
        if self.processes.key is not None:
            self.do(PauseProcess(process=self.processes.key))

    def action_resume(self) -> None:
        """Let the process go on."""
        if self.processes.key is not None:
            self.do(ResumeProcess(process=self.processes.key))

    def action_rebuild(self) -> None:
        """Fold the process's own state again."""
        name = self.processes.key
        if name is not None:
            asked = f"Fold the own state of {name} again from the beginning? No effect is repeated."
            self.ask_once(asked, "Rebuild", RebuildProcess(process=name))

    def action_retry(self) -> None:
        """Try again at once."""
        if self._chosen is not None:
            name, stuck = self._chosen
            self.do(RetryStuck(process=name, stream=stuck.stream))

    def action_skip(self) -> None:
        """Leave out what is stuck."""
        if self._chosen is None:
            return
        name, stuck = self._chosen
        place = f"{stuck.stream}@{stuck.version}"
        asked = f"Let {name} leave out {place} for ever? What it should have done is not done."
        self.ask_once(asked, "Skip", SkipStuck(process=name, stream=stuck.stream))

    def action_go(self) -> None:
        """Show the aggregate, as the event has left it."""
        if self._chosen is not None:
            stuck = self._chosen[1]
            self.post_message(self.Show(stuck.stream, stuck.version))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing can be retried or skipped where nothing is stuck."""
        del parameters
        return bool(self._all_stuck) if action in {"retry", "skip", "go"} else True

    @property
    def _all_stuck(self) -> list[tuple[str, StuckRow]]:
        return [(one.name, stuck) for one in self._processes for stuck in one.stuck]

    @property
    def _chosen(self) -> tuple[str, StuckRow] | None:
        key = self.stuck.key
        found = self._all_stuck
        return next((one for one in found if words.stuck_row(*one).key == key), None)

    def _explain_stuck(self) -> None:
        if self._chosen is None:
            return
        name, stuck = self._chosen

        def closed(goes: bool | None) -> None:  # noqa: FBT001 - called by Textual
            if goes:
                self.post_message(self.Show(stuck.stream, stuck.version))

        text = words.stuck_in_full(name, stuck)
        page = TextScreen(f"{name} is stuck", text, goes_to="shows the aggregate")
        self.open(page, closed)

    def _explain_process(self) -> None:
        key = self.processes.key
        found = next((one for one in self._processes if one.name == key), None)
        if found is not None:
            self.open(TextScreen(found.name, words.process_in_full(found)))
