"""The operator's view in a test: what is on its screen, and how it comes to stand still."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from textual.pilot import Pilot
from textual.widgets import Input

from clouds_edges.client.admin.app import AdminApp
from clouds_edges.client.admin.screen import AdminScreen
from clouds_edges.client.admin.widgets.listing import Listing
from clouds_edges.client.widgets.words import Words
from tests.client.admin.operator_in_memory import OperatorInMemory

PATIENCE = 10.0
QUICK = 0.01


@dataclass
class View:
    """Somebody in front of the operator's view."""

    app: AdminApp
    pilot: Pilot[str | None]
    operator: OperatorInMemory

    @property
    def admin(self) -> AdminScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, AdminScreen)
        return screen

    @property
    def status(self) -> str:
        return str(self.admin.query_one("#status", Words).content)

    def words(self, selector: str) -> str:
        return str(self.admin.query_one(selector, Words).content)

    def lines(self, selector: str) -> tuple[str, ...]:
        return tuple(line.rstrip() for line in self.admin.query_one(selector, Listing).lines)

    @property
    def notices(self) -> list[str]:
        return [notice.message for notice in self.app._notifications]  # noqa: SLF001 - there is no other way

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def fill(self, name: str, text: str) -> None:
        self.app.screen.query_one(f"#{name}", Input).value = text

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self.pilot.pause(QUICK)


@asynccontextmanager
async def looking_at(
    operator: OperatorInMemory, *, size: tuple[int, int] = (80, 24), is_ascii: bool = False
) -> AsyncIterator[View]:
    """The view of this operator; it looks a hundred times as often as usual."""
    app = AdminApp(operator, is_ascii=is_ascii, pace=QUICK)
    async with app.run_test(size=size) as pilot:
        view = View(app, pilot, operator)
        try:
            await view.until(lambda: app.view.system is not None or app.view.is_lost)
            yield view
        finally:
            app.workers.cancel_all()  # Textual does so when an app ends, but not for a pilot
