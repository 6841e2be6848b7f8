"""The first screen: something to do at once."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Footer, OptionList
from textual.widgets.option_list import Option

from clouds_edges.client import wording
from clouds_edges.client.heard import NetworkUnheard
from clouds_edges.client.invitation import invited
from clouds_edges.client.network import NotEntered, Stranger, introduction
from clouds_edges.client.screens.client_screen import ClientScreen
from clouds_edges.client.screens.lobby import LobbyScreen
from clouds_edges.client.screens.new_game import BotDialog, NeighbourDialog
from clouds_edges.client.screens.questions import Confirmation, NameQuestion
from clouds_edges.client.widgets.connection_light import light
from clouds_edges.client.widgets.server_list import ServerList
from clouds_edges.client.widgets.words import Words
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, GameId
from clouds_edges.domain.lobby.commands import AcceptInvite, JoinGame
from clouds_edges.domain.lobby.state import Table
from clouds_edges.domain.players.commands import Rename

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from clouds_edges.client.connection import Connection
    from clouds_edges.client.heard import Discovery, HeardServer
    from clouds_edges.client.network import Network
    from clouds_edges.client.place import Place
    from clouds_edges.client.server_view import ServerView
    from clouds_edges.domain.actors import Player
    from clouds_edges.domain.lobby.commands import OpenGame

_THINGS_TO_DO: Final = {
    "bot": "Play a bot",
    "neighbour": "Two at this keyboard",
    "lobby": "Lobby: play and watch others",
    "rename": "Change my name",
    "help": "Help",
    "quit": "Quit",
}
_NOT_INSTALLED: Final = "To hear servers on this network: pip install 'clouds-edges[lan]'"


class HomeScreen(ClientScreen):
    """Greets, and offers what can be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "bot", "Bot", id="home.bot"),
        Binding("t", "neighbour", "Two", id="home.neighbour"),
        Binding("l", "lobby", "Lobby", id="home.lobby"),
        Binding("r", "rename", "Rename", id="home.rename"),
        Binding("q", "app.quit", "Quit", id="home.quit"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-middle"), (30, "-high")]  # noqa: RUF012 - Textual's
    HELP = """\
Home
  up, down, Enter   choose; a click does the same
  b   play a bot
  t   two people at this keyboard
  l   lobby: open, join and watch games on this server
  r   change your name
  q   quit
  Tab to the servers on this network, and back; Enter plays on one
  Ctrl+P  command palette: themes, screenshot"""

    class Renamed(Message):
        """The server knows this player under another name now."""

        def __init__(self, player: Player) -> None:
            self.player = player
            super().__init__()

    def __init__(
        self, connection: Connection, view: ServerView, *, place: Place, network: Network | None
    ) -> None:
        super().__init__(connection, view)
        self._place = place
        self._network = network
        self._game = place.game
        self._shown: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        """A greeting over a menu."""
        with Vertical(id="home") as home:
            home.border_title = self.app.title
            yield Words(id="greeting")
            yield Words(id="record")
            yield Words(id="server")
            yield OptionList(id="menu", markup=False)
            if self._network is not None:
                yield Words(id="network-title")
                if self._network.discovery is not None:
                    yield ServerList(id="network")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show what is known so far, and listen."""
        self._show()
        if self._network is None:
            return
        if self._network.discovery is None:
            self._title_network(_NOT_INSTALLED)
        else:
            self._title_network("On this network (Tab):")
            self.run_worker(self._listen(self._network.discovery), group="network")

    def watch_view(self) -> None:
        """Follow the server."""
        if self.is_mounted:
            self._show()

    def _show(self) -> None:
        """Greet by name, and list the games going on first."""
        self.query_one("#greeting", Words).say(wording.greeting(self.view.player))
        self.query_one("#record", Words).say(wording.record(self.view.record))
        self.query_one("#server", Words).say(light(self.view, online=self._place.label))
        self._show_menu()
        self._follow_invitation()

    def _follow_invitation(self) -> None:
        """Go to the game that one was invited to, once, as soon as it is known what is here."""
        player, lobby, game = self.player_id, self.view.lobby, self._game
        if player is not None and lobby is not None and game is not None:
            self._game = None
            self.run_worker(self._go_to(invited(game, lobby, player)), group="invitation")

    async def _go_to(self, wish: Table | JoinGame | AcceptInvite | None) -> None:
        match wish:
            case None:
                self.notify(wording.NO_SUCH_GAME, severity="warning", markup=False)
            case Table(is_playing=True):
                self.post_message(self.ShowGame(wish.game, wish.board))
            case Table():
                await self.action_lobby()
            case JoinGame() | AcceptInvite():
                if await self.order(MAIN_LOBBY, wish) and self.app.screen is self:
                    await self.action_lobby()  # until the game begins

    async def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Do what was chosen."""
        chosen = event.option_id or ""
        table = self._my_table(chosen)
        if table is not None:
            self.post_message(self.ShowGame(table.game, table.board))
        elif chosen == "quit":
            await self.run_action("app.quit")
        elif chosen in _THINGS_TO_DO:
            await self.run_action(chosen)

    def on_server_list_chosen(self, message: ServerList.Chosen) -> None:
        """Go to a server on the network."""
        if self._network is not None:
            self.run_worker(self._enter(self._network, message.server), group="entering")

    async def action_bot(self) -> None:
        """Ask for the level and the size."""
        await self.app.push_screen(BotDialog(), self._open)

    async def action_neighbour(self) -> None:
        """Ask who plays as well."""
        await self.app.push_screen(NeighbourDialog(), self._open)

    async def action_lobby(self) -> None:
        """Go to the lobby."""
        await self.app.push_screen(LobbyScreen(self.connection, self.view, self._place))

    async def action_rename(self) -> None:
        """Ask for another name."""
        name = "" if self.view.player is None else self.view.player.name
        words = "Your name from now on (games that have begun keep the old one)"
        await self.app.push_screen(NameQuestion(words, text=name), self._rename)

    def _open(self, command: OpenGame | None) -> None:
        if command is not None:
            self.give(MAIN_LOBBY, command)

    def _rename(self, name: str | None) -> None:
        if name is not None:
            self.app.run_worker(self._renamed(name))

    async def _renamed(self, name: str) -> None:
        if await self.order(PLAYERS, Rename(name)) and self.view.player is not None:
            self.post_message(self.Renamed(replace(self.view.player, name=name)))

    async def _listen(self, discovery: Discovery) -> None:
        """Follow who is on the network."""
        try:
            async with aclosing(discovery.heard()) as calls:
                async for servers in calls:
                    self.query_one("#network", ServerList).show(servers)
        except NetworkUnheard as unheard:
            self._title_network(str(unheard))

    async def _enter(self, network: Network, server: HeardServer) -> None:
        """End the app on the way to a server, once it is sure which one that is."""
        try:
            found = await network.approach(server)
            if isinstance(found, Stranger):
                question = introduction(found.url, found.key)
                if not await self.app.push_screen_wait(Confirmation(question, "It is", "No")):
                    return
                found = network.befriend(found)
        except NotEntered as reason:
            self.notify(str(reason), title=server.name, severity="warning", markup=False)
        else:
            self.app.exit(found)

    def _title_network(self, words: str) -> None:
        self.query_one("#network-title", Words).say(words)

    def _my_table(self, game: str) -> Table | None:
        tables = (table for table in self.view.my_tables if table.is_playing)
        return next((table for table in tables if table.game == GameId(game)), None)

    def _show_menu(self) -> None:
        player = self.player_id
        games = [
            (str(table.game), wording.my_table(table, player))
            for table in self.view.my_tables
            if player is not None
        ]
        shown = [*games, *_THINGS_TO_DO.items()]
        if shown == self._shown:
            return
        menu = self.query_one("#menu", OptionList)
        self._shown = shown
        menu.clear_options()
        menu.add_options(Option(Content(words), id=name) for name, words in shown)
        menu.highlighted = 0
