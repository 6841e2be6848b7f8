"""The server's time: it never jumps, it is told to clients, and it stands while there is none."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.events import ClockPressed, ClockStood, GameEnded, TimeRanOut
from clouds_edges.domain.ids import game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.protocol.messages import Accepted, Happened, Welcome
from clouds_edges.rules import Ending
from clouds_edges.server.heartbeat import Heartbeat
from clouds_edges.server.steady_clock import steady_clock
from tests.server.guests import SMALL, draw, kinds_in, open_game, serving, started, until

NOON: Final = datetime(2026, 7, 1, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


async def test_a_game_ends_when_the_time_is_out(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        _, ann, stream = await house.two_in_a_game(clock=Clock(timedelta(seconds=1)))
        await ann.watch(stream)
        assert (await until(ann, stream, TimeRanOut)).seat == 1
        happened = await ann.watch(stream)
        assert isinstance(happened, Happened)
        ended = happened.events[-1].event
        assert isinstance(ended, GameEnded)
        assert ended.outcome.ending is Ending.TIME_RAN_OUT
        assert ended.outcome.winners == (0,)
        times = [told.at for told in happened.events]
        assert timedelta(seconds=1) <= times[-1] - times[0] < timedelta(seconds=5)


async def test_every_line_is_followed_by_what_its_seat_has_left(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        clock = Clock(timedelta(seconds=60), timedelta(seconds=5))
        bob, ann, stream = await house.two_in_a_game(clock=clock)
        await ann.watch(stream)
        assert isinstance(await bob.order(stream, draw("a1h")), Accepted)
        pressed = await until(ann, stream, ClockPressed)
        assert pressed.seat == 1
        assert timedelta(seconds=60) < pressed.left <= timedelta(seconds=65)
        kinds = await kinds_in(ann, stream)
        assert kinds == ["game_started", "clock_started", "line_drawn", "clock_pressed"]


async def test_no_clock_runs_while_the_server_is_away(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, stream = await house.two_in_a_game(clock=Clock(timedelta(seconds=60)))
        untimed = await open_game(ann, OpenGame(SMALL, bots=(BotLevel.RANDOM,)))
        await started(ann, game_stream(untimed))
    last = Heartbeat(tmp_path / "heartbeat", lambda: datetime.max.replace(tzinfo=UTC)).last()
    async with serving(tmp_path) as house:
        ann = await house.player(token=ann.token)
        happened = await ann.watch(stream)
        assert isinstance(happened, Happened)
        stood = happened.events[-1].event
        assert isinstance(stood, ClockStood)
        assert stood.since == last
        assert stood.until >= last
        assert await kinds_in(ann, game_stream(untimed)) == ["game_started"]
        bob = await house.player(token=bob.token)
        assert isinstance(await bob.order(stream, draw("a1h")), Accepted)


async def test_the_server_says_what_time_it_is(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        welcome = await (await house.guest()).greet("Ann")
        assert isinstance(welcome, Welcome)
        assert welcome.now is not None
        assert abs(welcome.now - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251 - the clock of the world is what it is about


class World:
    """A machine whose clock somebody sets while time goes on as ever."""

    def __init__(self) -> None:
        self.wall = NOON
        self.passed = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.passed += seconds


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_whoever_sets_the_clock_of_the_machine_changes_nothing(jump: timedelta) -> None:
    world = World()
    now = steady_clock(lambda: world.wall, lambda: world.passed)
    assert now() == NOON
    world.pass_by(10)
    world.wall += jump
    assert now() == NOON + timedelta(seconds=10)
    world.pass_by(10)
    assert now() == NOON + timedelta(seconds=20)


def test_the_last_beat_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    Heartbeat(file, lambda: NOON).beat()
    Heartbeat(file, lambda: NOON + HOUR).beat()
    assert Heartbeat(file, lambda: NOON + 2 * HOUR).last() == NOON + HOUR
    assert [one.name for one in tmp_path.iterdir()] == ["heartbeat"]


def test_no_beat_is_in_the_future(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    Heartbeat(file, lambda: NOON + HOUR).beat()
    assert Heartbeat(file, lambda: NOON).last() == NOON


@pytest.mark.parametrize(
    "text", [None, "", "yesterday", "2026-07-01T12:00:00", "\x00" * 32, "2026-07-01T12:00:00+0"]
)
def test_a_beat_that_cannot_be_read_was_long_ago(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "heartbeat"
    if text is not None:
        file.write_text(text, encoding="ascii")
    assert Heartbeat(file, lambda: NOON).last() == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_beat_that_cannot_be_written_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "gone"
    heartbeat = Heartbeat(folder / "heartbeat", lambda: NOON)
    with caplog.at_level(logging.WARNING):
        heartbeat.beat()
        heartbeat.beat()
        assert len(caplog.records) == 1
        folder.mkdir()
        heartbeat.beat()
        assert heartbeat.last() == NOON
