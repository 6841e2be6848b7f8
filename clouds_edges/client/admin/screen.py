"""The screen of the operator's view: how it stands with the server, and one pane at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer

from clouds_edges.client.admin.operator_view import OperatorView, Tone, status_in_words
from clouds_edges.client.admin.panes.aggregates import AggregatesPane
from clouds_edges.client.admin.panes.events import EventsPane
from clouds_edges.client.admin.panes.pane import Pane
from clouds_edges.client.admin.panes.processes import ProcessesPane
from clouds_edges.client.admin.panes.read_models import ReadModelsPane
from clouds_edges.client.admin.panes.storage import StoragePane
from clouds_edges.client.admin.panes.system import SystemPane
from clouds_edges.client.admin.widgets.tab_bar import TabBar
from clouds_edges.client.screens.help import HelpScreen
from clouds_edges.client.widgets.words import Words

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator

_NAMES: Final = {
    "events": ("1 Events", "1 Events"),
    "aggregates": ("2 Aggregates", "2 Aggr"),
    "processes": ("3 Processes", "3 Processes"),
    "models": ("4 Read models", "4 Models"),
    "storage": ("5 Storage", "5 Storage"),
    "system": ("6 System", "6 System"),
}
_HELP: Final = """\
Everywhere
  1 to 6   the panes; a click on their names does the same
  Tab      from list to list
  q        quit
  Ctrl+P   command palette: themes, screenshot
  Times are in UTC. What is shown follows the server by itself."""


class AdminScreen(Screen[None]):
    """Shows the server as `view` says, set by the app, and one of the panes, `pane`."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - Textual's type
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"pane('{name}')", name.title(), show=False, id=f"admin.{name}")
            for number, name in enumerate(_NAMES, 1)
        ),
        Binding("f1,question_mark", "help", "Help", key_display="?", id="admin.help"),
        Binding("q", "app.quit", "Quit", id="admin.quit"),
    ]

    view = reactive(OperatorView(), init=False)

    def __init__(self, operator: Operator, marks: Marks) -> None:
        super().__init__()
        self._panes: tuple[Pane, ...] = (
            EventsPane(operator, marks, id="events"),
            AggregatesPane(operator, marks, id="aggregates"),
            ProcessesPane(operator, marks, id="processes"),
            ReadModelsPane(operator, marks, id="models"),
            StoragePane(operator, marks, id="storage"),
            SystemPane(operator, marks, id="system"),
        )
        self.pane: Pane = self._panes[0]

    def compose(self) -> ComposeResult:
        """Names, status, the panes one behind the other."""
        yield TabBar(_NAMES)
        yield Words(id="status")
        with ContentSwitcher(initial="events"):
            yield from self._panes
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin with the events."""
        self._say_status()
        self.show_pane("events")

    def watch_view(self) -> None:
        """Follow the server."""
        if self.is_mounted:
            self._say_status()

    def show_pane(self, name: str) -> None:
        """Go to a pane."""
        self.query_one(ContentSwitcher).current = name
        self.query_one(TabBar).active = name
        self.pane = next(pane for pane in self._panes if pane.id == name)
        self.pane.become_stale()
        self.pane.focus_inside()

    def on_tab_bar_chosen(self, event: TabBar.Chosen) -> None:
        """Go to the pane that was clicked."""
        self.show_pane(event.pane)

    def on_pane_show(self, event: Pane.Show) -> None:
        """Go to the state of a stream."""
        self.show_pane("aggregates")
        self.query_one(AggregatesPane).show_state(event.stream, event.version)

    def action_pane(self, name: str) -> None:
        """Go to a pane."""
        self.show_pane(name)

    async def action_help(self) -> None:
        """Explain the pane."""
        await self.app.push_screen(HelpScreen(f"{self.pane.HELP}\n\n{_HELP}"))

    def _say_status(self) -> None:
        tone, sign, words = status_in_words(self.view)
        status = self.query_one("#status", Words)
        status.say(f"{sign} {words}")
        for one in Tone:
            status.set_class(one is tone, f"-{one.value}")
