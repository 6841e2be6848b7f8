"""What the screens have in common: a view of the server, orders, and help."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen

from clouds_edges.client.screens.help import RULES, HelpScreen
from clouds_edges.client.server_view import ServerView
from clouds_edges.protocol.messages import Refused

if TYPE_CHECKING:
    from clouds_edges.client.connection import Connection
    from clouds_edges.domain.ids import GameId, PlayerId
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.protocol.messages import Command
    from clouds_edges.rules import Board


class ClientScreen(Screen[None]):
    """A screen that shows the server as `view` says, set by the app."""

    HELP: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1,question_mark", "help", "Help", key_display="?", id="screen.help"),
    ]

    view = reactive(ServerView(), init=False)

    class ShowGame(Message):
        """Somebody wants to see this game."""

        def __init__(self, game: GameId, board: Board) -> None:
            self.game = game
            self.board = board
            super().__init__()

    def __init__(self, connection: Connection, view: ServerView) -> None:
        super().__init__()
        self.connection = connection
        self.set_reactive(ClientScreen.view, view)

    @property
    def player_id(self) -> PlayerId | None:
        """Who sits at this terminal."""
        return None if self.view.player is None else self.view.player.id

    async def order(self, stream: StreamName, command: Command) -> bool:
        """Give an order and wait for the answer; a refusal is shown as a notice."""
        answer = await self.connection.order(stream, command)
        if isinstance(answer, Refused):
            self.app.notify(answer.sentence, title="Not possible", severity="warning", markup=False)
            return False
        return True

    def give(self, stream: StreamName, command: Command) -> None:
        """Give an order whose effect comes as an event."""
        self.app.run_worker(self.order(stream, command))

    async def action_help(self) -> None:
        """Explain this screen."""
        await self.app.push_screen(HelpScreen(f"{self.HELP}\n\n{RULES}"))
