"""Whatever happens to lines, servers and logs: who was told before notices exactly what changed.

The world asserts it at each step: no notice without a change, and no change without a notice.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clouds_edges.client.receipts import Receipts
from tests.client.world import World, world

Deed: TypeAlias = Callable[[World], Awaitable[None]]
Story: TypeAlias = tuple[Deed, ...]

PLAY: Final = World.play
CONNECT: Final = World.connect
DROP: Final = World.drop
RESTART: Final = World.restart
RESTART_CLIENT: Final = World.restart_client
WATCH: Final = World.watch
UNWATCH: Final = World.unwatch
BACK_UP: Final = World.back_up
SETTLE: Final = World.settle


def take(most: int) -> Deed:
    return partial(World.take, most=most)


def restore(which: int) -> Deed:
    """An older copy, or a newer one than the server has."""
    return partial(World.restore, which=which)


def edit(place: int) -> Deed:
    return partial(World.edit, place=place)


_DEEDS: Final = (
    *([PLAY] * 5),
    *([WATCH, SETTLE] * 3),
    *([CONNECT, BACK_UP, DROP, RESTART, RESTART_CLIENT, UNWATCH]),
    *(take(most) for most in (1, 2, 4)),
    *(restore(which) for which in range(4)),
    *(edit(place) for place in (0, 3)),
)
"""What can be done, as often as it is to come up."""


@given(st.lists(st.sampled_from(_DEEDS), min_size=10, max_size=30))
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_notices_come_exactly_when_history_went_back_or_changed(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[Deed]
) -> None:
    async with world(tmp_path_factory.mktemp("world")) as here:
        for deed in deeds:
            await deed(here)
        await here.settle()


_TOLD: Final[Story] = (WATCH, PLAY, SETTLE, PLAY, BACK_UP, PLAY, SETTLE, PLAY, SETTLE)
"""The client watches; backup 0 is from before the game, 1 from its start, 2 after two lines."""


@pytest.mark.parametrize(
    ("story", "notices"),
    [
        ((*_TOLD, RESTART, SETTLE), 0),
        ((*_TOLD, DROP, PLAY, SETTLE), 0),
        ((*_TOLD, RESTART_CLIENT, WATCH, RESTART, SETTLE), 0),
        ((*_TOLD, restore(2), SETTLE), 1),
        ((*_TOLD, restore(0), SETTLE), 1),
        ((*_TOLD, restore(2), SETTLE, SETTLE, RESTART, SETTLE), 1),
        ((*_TOLD, RESTART_CLIENT, restore(2), SETTLE), 1),
        ((*_TOLD, UNWATCH, restore(2), SETTLE), 1),
        ((*_TOLD, edit(0), SETTLE), 1),
        ((*_TOLD, edit(4), RESTART_CLIENT, SETTLE), 1),
        ((*_TOLD, BACK_UP, restore(2), restore(3), SETTLE), 0),  # back where it was
        ((*_TOLD, BACK_UP, restore(2), SETTLE, restore(3), SETTLE), 1),  # it grew, no more
        ((*_TOLD, restore(2), SETTLE, PLAY, SETTLE, restore(2), SETTLE), 2),
        ((*_TOLD, RESTART_CLIENT, restore(2), CONNECT, WATCH, WATCH, SETTLE), 1),  # asked thrice
        ((WATCH, SETTLE, PLAY, take(1), restore(1), SETTLE), 1),  # acknowledged, and not yet told
    ],
)
async def test_a_story_has_so_many_notices(tmp_path: Path, story: Story, notices: int) -> None:
    async with world(tmp_path) as here:
        for deed in story:
            await deed(here)
        assert here.notices == notices


class NoReceipts(Receipts):
    """Keeps nothing."""

    def keep(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("deed", [restore(2), restore(0), edit(0), edit(4)])
async def test_without_receipts_the_world_says_that_nobody_noticed(
    tmp_path: Path, deed: Deed
) -> None:
    """The control: the same stories, and the assertions that have to see it."""
    async with world(tmp_path) as here:
        here.receipts = NoReceipts()
        for one in (RESTART_CLIENT, *_TOLD, RESTART_CLIENT, deed):
            await one(here)
        with pytest.raises(AssertionError, match="nobody noticed"):
            await here.settle()
