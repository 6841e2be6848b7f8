"""The lobby: open games, the player's own, and those to watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Footer, OptionList

from clouds_edges.client import wording
from clouds_edges.client.clean_text import cleaned
from clouds_edges.client.screens.client_screen import ClientScreen
from clouds_edges.client.screens.new_game import OpenDialog
from clouds_edges.client.screens.questions import TextQuestion
from clouds_edges.client.widgets.connection_light import light
from clouds_edges.client.widgets.table_list import TableList
from clouds_edges.client.widgets.words import Words
from clouds_edges.domain.ids import MAIN_LOBBY, GameId, InviteCode
from clouds_edges.domain.lobby.commands import AcceptInvite, CancelGame, JoinGame, LeaveGame

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from clouds_edges.client.connection import Connection
    from clouds_edges.client.place import Place
    from clouds_edges.client.server_view import ServerView
    from clouds_edges.domain.lobby.commands import OpenGame
    from clouds_edges.domain.lobby.state import Table


class LobbyScreen(ClientScreen):
    """Three lists that follow the server."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open", id="lobby.open"),
        Binding("i", "invite", "Code", id="lobby.invite"),
        Binding("c", "copy", "Copy", id="lobby.copy"),
        Binding("x,delete", "take_back", "Leave", id="lobby.take-back"),
        Binding("escape", "app.pop_screen", "Back", id="lobby.back"),
    ]
    HELP = """\
Lobby
  Tab     go from list to list
  Enter   join an open game, go to your own, watch one in play
  o   open a game that others can join
  i   join a private game by its invite code
  c   copy the invite to your highlighted game
  x   leave or cancel your highlighted game before it begins
  Esc back"""

    def __init__(self, connection: Connection, view: ServerView, place: Place) -> None:
        super().__init__(connection, view)
        self._place = place

    def compose(self) -> ComposeResult:
        """Three lists, one over the other, and how to invite to the game that is highlighted."""
        yield Words(id="server")
        yield TableList("Open games: Enter joins", "none, press o to open one", id="open")
        yield TableList("My games: Enter goes there", "none", id="mine")
        yield TableList("In play: Enter watches", "none", id="others")
        yield Words(id="invite")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show what is known so far."""
        self._show()

    def watch_view(self) -> None:
        """Follow the server."""
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        """Sort the games into the lists."""
        player, lobby = self.player_id, self.view.lobby
        if player is None or lobby is None:
            return
        tables = lobby.tables.values()
        others = [table for table in tables if not table.seats_player(player)]
        waiting = [table for table in others if not table.is_playing and not table.private]
        playing = [table for table in others if table.is_playing and not table.private]
        self._list("open").show(waiting, lambda table: wording.open_table(table, player))
        self._list("mine").show(self.view.my_tables, lambda table: wording.my_table(table, player))
        self._list("others").show(playing, lambda table: wording.my_table(table, player))
        self.query_one("#server", Words).say(light(self.view, online=f"Lobby{self._place.warning}"))
        self._show_invite()
        self.refresh_bindings()

    def _show_invite(self) -> None:
        """Show the invite to the highlighted game in full, if it needs one to be joined."""
        invite = self._invite_to(self._my_highlighted)
        words = self.query_one("#invite", Words)
        words.say("" if invite is None else f"Others join with: {invite}")
        words.display = invite is not None

    def on_option_list_option_highlighted(self) -> None:
        """Show what belongs to the game that is highlighted now."""
        self._show_invite()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Join, or go to the game."""
        table = self._table(event.option_id)
        if table is None or self.player_id is None:
            return
        if table.is_playing:
            self.post_message(self.ShowGame(table.game, table.board))
        elif table.seats_player(self.player_id):
            self.notify(wording.my_table(table, self.player_id), title="Waiting", markup=False)
        else:
            self.give(MAIN_LOBBY, JoinGame(table.game))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what can be done now."""
        del parameters
        tables = self.view.my_tables
        if action == "copy":
            return any(table.invite is not None for table in tables)
        if action == "take_back":
            return not all(table.is_playing for table in tables)
        return True

    async def action_open(self) -> None:
        """Ask what game to open."""
        await self.app.push_screen(OpenDialog(), self._open)

    async def action_invite(self) -> None:
        """Ask for an invite code."""
        await self.app.push_screen(TextQuestion("Invite code"), self._accept)

    def action_copy(self) -> None:
        """Put the invite to the highlighted game on the clipboard."""
        table = self._my_highlighted
        if table is None or table.invite is None:
            self.notify("Highlight a private game of yours", severity="warning")
            return
        invite = self._invite_to(table) or cleaned(table.invite)
        self.app.copy_to_clipboard(invite)
        self.notify(
            f"{invite}\nis in the clipboard if your terminal allows that",
            title="Invite",
            markup=False,
        )

    def action_take_back(self) -> None:
        """Leave or cancel the highlighted game of one's own."""
        table = self._my_highlighted
        if table is None:
            self.notify("Highlight a game of yours that has not begun", severity="warning")
        elif table.opener.id == self.player_id:
            self.give(MAIN_LOBBY, CancelGame(table.game))
        else:
            self.give(MAIN_LOBBY, LeaveGame(table.game))

    def _open(self, command: OpenGame | None) -> None:
        if command is not None:
            self.give(MAIN_LOBBY, command)

    def _accept(self, code: str | None) -> None:
        if code is not None:
            self.give(MAIN_LOBBY, AcceptInvite(InviteCode(code.lower())))

    @property
    def _my_highlighted(self) -> Table | None:
        return self._table(self._list("mine").chosen)

    def _invite_to(self, table: Table | None) -> str | None:
        """What others type to join; None if that is not needed, not possible, or too late."""
        if table is None or table.invite is None or table.is_playing:
            return None
        return self._place.command_to_join(table.invite)

    def _list(self, name: str) -> TableList:
        return self.query_one(f"#{name}", TableList)

    def _table(self, game: str | None) -> Table | None:
        lobby = self.view.lobby
        return None if lobby is None or game is None else lobby.tables.get(GameId(game))
