"""The operator's view as an app: it asks for what is seen, and has done what is chosen."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from clouds_edges.client.admin.marks import ASCII_MARKS, UNICODE_MARKS
from clouds_edges.client.admin.operator_view import OperatorView
from clouds_edges.client.admin.screen import AdminScreen
from clouds_edges.client.admin.words import sentence
from clouds_edges.client.admin_connection import AdminTrouble, QuestionRefused
from clouds_edges.client.guarded_app import GuardedApp
from clouds_edges.client.screens.too_small import TooSmallScreen
from clouds_edges.protocol.admin import ShowSystem

if TYPE_CHECKING:
    from textual import events

    from clouds_edges.client.admin.operator import Operator
    from clouds_edges.client.admin.panes.pane import Pane
    from clouds_edges.protocol.admin import Asks
    from clouds_edges.protocol.admin_answers import Done

SMALLEST: Final = (60, 16)
"""Columns and rows that the panes need."""


class AdminApp(GuardedApp[str | None]):
    """A server on the whole screen, for who looks after it.

    One loop asks for what the visible pane shows, so answers never overtake each other: about
    once a second, and at once when something else is wanted.
    """

    TITLE = "Clouds & Edges, operator"
    CSS_PATH = "admin.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit"),
    ]

    def __init__(self, operator: Operator, *, is_ascii: bool = False, pace: float = 1.0) -> None:
        """`pace` stretches the time between two looks at the server."""
        super().__init__()
        self._operator = operator
        self._marks = ASCII_MARKS if is_ascii else UNICODE_MARKS
        self._pace = pace
        self._nudged = asyncio.Event()
        self.set_class(is_ascii, "-ascii")
        self._admin = AdminScreen(operator, self._marks)

    @property
    def view(self) -> OperatorView:
        """The server as last heard of."""
        return self._admin.view

    def get_default_screen(self) -> AdminScreen:
        """The panes are under everything."""
        return self._admin

    def on_ready(self) -> None:
        """Ask, once there is something to show it on."""
        self.run_worker(self._follow(), group="follow")

    async def on_resize(self, event: events.Resize) -> None:
        """Say so when there is no room for the panes."""
        fits = event.size.width >= SMALLEST[0] and event.size.height >= SMALLEST[1]
        if isinstance(self.screen, TooSmallScreen):
            if fits:
                await self.pop_screen()
        elif not fits:
            await self.push_screen(TooSmallScreen(SMALLEST))

    def on_pane_stale(self) -> None:
        """Ask at once."""
        self._nudged.set()

    def on_pane_do(self, event: Pane.Do) -> None:
        """Have it done, without waiting for the end."""
        self.run_worker(self._do(event.question), group="do")

    async def _follow(self) -> None:
        while True:
            self._nudged.clear()
            await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._admin.pane.pace * self._pace):
                    await self._nudged.wait()

    async def _look(self) -> None:
        """Ask how the server does, and what the visible pane shows."""
        pane = self._admin.pane
        try:
            await self._look_at_system(pane)
            await pane.look(self.view)
        except QuestionRefused as refused:
            pane.complain(refused.sentence)
        except AdminTrouble as trouble:
            self._admin.view = self.view.lost(sentence(trouble.sentence))

    async def _look_at_system(self, pane: Pane) -> None:
        """Ask how the server does; a server that does not say so may answer everything else."""
        try:
            system = await self._operator.ask(ShowSystem())
        except QuestionRefused as refused:
            self._admin.view = self.view.lost(sentence(refused.sentence))
        else:
            if self.view.is_lost:
                pane.become_stale()
            self._admin.view = self.view.heard(system)

    async def _do(self, question: Asks[Done]) -> None:
        """Have something done, and tell the outcome."""
        try:
            done = await self._operator.ask(question)
        except AdminTrouble as trouble:
            self.notify(
                sentence(trouble.sentence), title="Not done", severity="warning", markup=False
            )
        else:
            self.notify(sentence(done.sentence), markup=False)
        self._admin.pane.become_stale()
