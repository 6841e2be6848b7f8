"""The app: it connects the server's connection with the screens, and decides nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from clouds_edges.client import wording
from clouds_edges.client.connection import GreetingRefused, Status, StatusChanged
from clouds_edges.client.guarded_app import GuardedApp
from clouds_edges.client.network import AppEnd
from clouds_edges.client.screens.client_screen import ClientScreen
from clouds_edges.client.screens.game import GameScreen
from clouds_edges.client.screens.history import HistoryScreen
from clouds_edges.client.screens.home import HomeScreen
from clouds_edges.client.screens.lobby import LobbyScreen
from clouds_edges.client.screens.questions import GreetingQuestion
from clouds_edges.client.screens.too_small import SMALLEST, TooSmallScreen
from clouds_edges.client.server_view import ServerView, begun, ended, expired, seen
from clouds_edges.client.streams import HistoryLost
from clouds_edges.client.widgets.glyphs import ASCII_GLYPHS, UNICODE_GLYPHS
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.protocol.messages import FrozenIs, Happened, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.await_complete import AwaitComplete
    from textual.notifications import SeverityLevel
    from textual.widget import AwaitMount

    from clouds_edges.client.connection import Connection, Update
    from clouds_edges.client.network import Network
    from clouds_edges.client.place import Place
    from clouds_edges.domain.ids import GameId
    from clouds_edges.domain.lobby.state import Table
    from clouds_edges.eventsourcing.decider import StreamName
    from clouds_edges.rules import Board

_NAME_TROUBLES: Final = frozenset({"not_signed_up", "name_taken", "name_unacceptable"})
_NAME_NEEDED: Final = "not_signed_up"
_TRY_AGAIN_SECONDS: Final = 5.0
"""How often a server that has let us in before is asked whether it knows us again."""
_TIME_TO_READ: Final = 20.0
"""Seconds for a notice of several sentences."""


class CloudsEdgesApp(GuardedApp[AppEnd]):
    """Dots and Boxes on one server."""

    TITLE = "Clouds & Edges"
    CSS_PATH = "styles.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit"),
    ]

    def __init__(  # noqa: PLR0913 - what surrounds the app, each once
        self,
        connection: Connection,
        *,
        place: Place,
        network: Network | None = None,
        is_ascii: bool = False,
        receipts_trouble: str = "",
        try_again_seconds: float = _TRY_AGAIN_SECONDS,
    ) -> None:
        """Prepare to show what is at a place.

        Without a `network` no other server is looked for. `receipts_trouble` is why older receipts
        are not there, if they are not.
        """
        super().__init__()
        self.connection = connection
        self.place = place
        self.network = network
        self.view = ServerView()
        self._receipts_trouble = receipts_trouble
        self._try_again_seconds = try_again_seconds
        self._question: GreetingQuestion | None = None
        self._is_answered = asyncio.Event()
        self._glyphs = ASCII_GLYPHS if is_ascii else UNICODE_GLYPHS

    def get_default_screen(self) -> HomeScreen:
        """Home is under everything."""
        return HomeScreen(self.connection, self.view, place=self.place, network=self.network)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours of the seats, told apart by colour-blind people too (Okabe and Ito 2008)."""
        return {
            "seat-a": "#56b4e9",
            "seat-b": "#e69f00",
            "seat-c": "#2bb58b",
            "seat-d": "#cc79a7",
        }

    def on_ready(self) -> None:
        """Connect, and listen, once there is something to show it on."""
        if self._receipts_trouble:
            words = wording.receipts_lost(self._receipts_trouble)
            self.notify(words, severity="warning", markup=False, timeout=_TIME_TO_READ)
        self.connection.watch(MAIN_LOBBY)
        self.run_worker(self._stay_connected(), group="connection")
        self.run_worker(self._listen(), group="connection")

    async def on_resize(self, event: events.Resize) -> None:
        """Say so when there is no room for a board."""
        fits = event.size.width >= SMALLEST[0] and event.size.height >= SMALLEST[1]
        if isinstance(self.screen, TooSmallScreen):
            if fits:
                await self.pop_screen()
        elif not fits:
            await self.push_screen(TooSmallScreen())

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something; once, if it is being said already."""
        for shown in tuple(self._notifications):
            if (shown.message, shown.title, shown.severity) == (message, title, severity):
                self._unnotify(shown)
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    async def on_client_screen_show_game(self, message: ClientScreen.ShowGame) -> None:
        """Go to a game."""
        await self._show_game(message.game, message.board)

    def on_home_screen_renamed(self, message: HomeScreen.Renamed) -> None:
        """Greet by the new name."""
        self.connection.player = message.player
        self._see(replace(self.view, player=message.player))

    async def _stay_connected(self) -> None:
        """Keep the connection; ask for a name for as long as the server wants another.

        A server that has let us in before may have lost who we are, and find it again.
        """
        while True:
            try:
                await self.connection.run()
            except GreetingRefused as refusal:
                if refusal.code not in _NAME_TROUBLES:
                    self.exit(refusal.sentence, return_code=1)
                    return
                if not self._is_answered.is_set():
                    await self._ask_name(refusal)
                await self._until_answered()

    async def _ask_name(self, refusal: GreetingRefused) -> None:
        """Ask for another name, unless that is being asked already."""
        if self._question is not None:
            return
        self._question = GreetingQuestion(
            wording.name_question(is_known=self.connection.has_been_here),
            trouble="" if refusal.code == _NAME_NEEDED else refusal.sentence,
            text=self.connection.name or "",
        )
        self.connection.name = None  # nobody signs up under it by being asked for
        question = self._question
        await self._below_too_small(lambda: self.push_screen(question, self._answered))

    async def _until_answered(self) -> None:
        """Wait for a name; for a while only where the server may know us again."""
        patience = self._try_again_seconds if self.connection.has_been_here else None
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._is_answered.wait()
        self._is_answered.clear()

    def _answered(self, name: str | None) -> None:
        """Go on under this name; end without one, unless none is needed any more."""
        if self._question is None:
            return
        self._question = None
        if name is not None:
            self.connection.name = name
            self._is_answered.set()
        else:
            is_known = self.connection.has_been_here
            self.exit(wording.left_without_name(is_known=is_known), return_code=1)

    async def _ask_no_more(self) -> None:
        """Close the question for a name: the server knows us."""
        question, self._question = self._question, None
        if question is not None:
            await self._below_too_small(question.dismiss)

    async def _listen(self) -> None:
        async for update in self.connection.updates():
            await self._take(update)

    async def _take(self, update: Update) -> None:
        """Follow one update, and hand it to the screens."""
        before = self.view
        self._see(seen(before, update, self.connection.player))
        await self._pass_on(update)
        if ended(before, self.view):
            self.connection.ask_record()
        for table in expired(before, self.view, update):
            self.notify(wording.expired(table), title="Expired", markup=False)
        for table in begun(before, self.view):
            await self._offer(table)

    async def _pass_on(self, update: Update) -> None:
        """Hand an update to those whom it concerns beside the view."""
        match update:
            case Happened():
                for screen in self._shown(update.stream):
                    screen.take(update)
            case HistoryLost():
                for screen in self._shown(update.stream):
                    screen.start_anew()
                await self._tell_losses()
            case StatusChanged(status) if status is Status.ONLINE:
                await self._ask_no_more()
                self.connection.ask_record()
            case FrozenIs(reason=str()):
                self.notify(wording.frozen(update), severity="warning", markup=False)
            case Refused(sentence=sentence):
                self.notify(sentence, severity="error", markup=False)
            case _:
                pass  # the view has it already

    def _see(self, view: ServerView) -> None:
        self.view = view
        for screen in self.screen_stack:
            if isinstance(screen, ClientScreen):
                screen.view = view

    async def _offer(self, table: Table) -> None:
        """Go to a game that has begun, or tell somebody who is busy."""
        screen = self.screen
        is_idle = isinstance(screen, HomeScreen | LobbyScreen)
        if is_idle or (isinstance(screen, GameScreen) and screen.is_over):
            await self._show_game(table.game, table.board)
        elif self.view.player is not None:
            self.notify(wording.begun(table, self.view.player.id), title="Go", markup=False)
            self.bell()

    def _shown(self, stream: StreamName) -> list[GameScreen]:
        """The screens that show this game."""
        screens = (screen for screen in self.screen_stack if isinstance(screen, GameScreen))
        return [screen for screen in screens if screen.stream == stream]

    async def _tell_losses(self) -> None:
        """Show what is lost until it has been read."""
        for screen in self.screen_stack:
            if isinstance(screen, HistoryScreen):
                screen.show(self.view.losses)
                return
        self.bell()
        page = HistoryScreen(self.view.losses)
        await self._below_too_small(lambda: self.push_screen(page, self._losses_read))

    def _losses_read(self, _: None) -> None:
        self._see(replace(self.view, losses=()))

    async def _below_too_small(self, change: Callable[[], AwaitComplete | AwaitMount]) -> None:
        """Change the screens, under the words that the terminal is too small if these are shown."""
        is_small = isinstance(self.screen, TooSmallScreen)
        if is_small:
            await self.pop_screen()
        await change()
        if is_small:
            await self.push_screen(TooSmallScreen())

    async def _show_game(self, game: GameId, board: Board) -> None:
        if isinstance(self.screen, GameScreen):
            if self.screen.game_id == game:
                return
            await self.pop_screen()
        await self.push_screen(
            GameScreen(self.connection, self.view, game, board, glyphs=self._glyphs)
        )
