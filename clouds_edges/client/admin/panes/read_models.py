"""The read models."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from clouds_edges.client.admin import words
from clouds_edges.client.admin.dialogs import TextScreen
from clouds_edges.client.admin.panes.pane import Pane
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.protocol.admin import (
    InterruptRebuild,
    ListReadModels,
    PauseReadModel,
    RebuildAllReadModels,
    RebuildReadModel,
    ResetReadModel,
    ResumeReadModel,
)

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from clouds_edges.client.admin.marks import Marks
    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.operator_view import OperatorView
    from clouds_edges.protocol.admin_answers import ReadModelRow

_USUAL_PACE: Final = 1.0
_PACE_OF_A_REBUILD: Final = 0.2


class ReadModelsPane(Pane):
    """All read models, with a bar for those that are being rebuilt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "rebuild", "Rebuild", id="models.rebuild"),
        Binding("a", "rebuild_all", "All", id="models.rebuild-all"),
        Binding("i", "interrupt", "Interrupt", id="models.interrupt"),
        Binding("p", "pause", "Pause", id="models.pause"),
        Binding("r", "resume", "Resume", id="models.resume"),
        Binding("x", "reset", "Reset", id="models.reset"),
    ]
    HELP = """\
Read models
  b   rebuild beside the live copy, then swap them
  a   rebuild all of them in one pass
  i   interrupt a rebuild; the next one goes on from there
  p   pause
  r   resume one that is paused, or has stopped
  x   reset: empty it in place and fold it again; asks first
  Enter all that is known of it"""

    def __init__(self, operator: Operator, marks: Marks, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(operator, marks, id=id)
        self._models: tuple[ReadModelRow, ...] = ()
        self._end = 0

    def compose(self) -> ComposeResult:
        """A list."""
        yield Listing(words.READ_MODEL_COLUMNS, self.marks, id="models-list")

    @property
    def listing(self) -> Listing:
        """The read models."""
        return self.query_one(Listing)

    async def look(self, view: OperatorView) -> None:
        """Ask how all of them stand; more often while one is being rebuilt."""
        del view
        self.take_stale()
        answer = await self.operator.ask(ListReadModels())
        self._models, self._end = answer.read_models, answer.end
        rows = [words.read_model_row(one, answer.end, self.marks) for one in answer.read_models]
        self.listing.show(rows, "This server has no read models")
        is_rebuilding = any(one.rebuilt_to is not None for one in answer.read_models)
        self.pace = _PACE_OF_A_REBUILD if is_rebuilding else _USUAL_PACE

    def complain(self, sentence: str) -> None:
        """Show why there are no read models."""
        self.listing.say(words.sentence(sentence))

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """Show all that is known of one."""
        found = next((one for one in self._models if one.name == event.key), None)
        if found is not None:
            text = words.read_model_in_full(found, self._end)
            self.open(TextScreen(found.name, text))

    def action_rebuild(self) -> None:
        """Rebuild the highlighted one."""
        if self.listing.key is not None:
            self.do(RebuildReadModel(read_model=self.listing.key))
            self.become_stale()

    def action_rebuild_all(self) -> None:
        """Rebuild all."""
        self.do(RebuildAllReadModels())
        self.become_stale()

    def action_interrupt(self) -> None:
        """Interrupt the rebuild of the highlighted one."""
        if self.listing.key is not None:
            self.do(InterruptRebuild(read_model=self.listing.key))

    def action_pause(self) -> None:
        """Let the highlighted one rest."""
        if self.listing.key is not None:
            self.do(PauseReadModel(read_model=self.listing.key))

    def action_resume(self) -> None:
        """Let the highlighted one go on."""
        if self.listing.key is not None:
            self.do(ResumeReadModel(read_model=self.listing.key))

    def action_reset(self) -> None:
        """Empty the highlighted one, and fold it again."""
        name = self.listing.key
        if name is not None:
            asked = f"Empty {name} and fold it again? Until that is done it answers with less."
            self.ask_once(asked, "Reset", ResetReadModel(read_model=name))
