import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from clouds_edges.application.vocabulary import CODEC
from clouds_edges.client.admin_connection import AdminConnection, QuestionRefused
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.log_entry import LogEntry
from clouds_edges.eventsourcing.log_reader import Wanted
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.protocol.admin import (
    CheckStream,
    ListAggregates,
    ListEvents,
    ShowState,
    ShowSystem,
)
from clouds_edges.protocol.messages import Accepted
from clouds_edges.server.admin.log import LogView
from clouds_edges.server.pulse import Pulse
from tests.application.playing import resting_house
from tests.eventsourcing.memory_log_reader import MemoryLogReader
from tests.server.guests import PATIENCE, SMALL, Guest, House, draw
from tests.server.operators import operating


async def play_a_line(house: House) -> tuple[Guest, StreamName]:
    """Bob has drawn the first line of a game with Ann."""
    bob, _, game = await house.two_in_a_game()
    assert isinstance(await bob.order(game, draw("a1h")), Accepted)
    return bob, game


async def positions(operator: AdminConnection, question: ListEvents) -> list[int]:
    return [event.position for event in (await operator.ask(question)).events]


async def test_the_log_is_listed_with_everything_that_is_stored(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        bob, game = await play_a_line(house)
        page = await operator.ask(ListEvents(event_kind="line_drawn"))
        (row,) = page.events
        assert (row.stream, row.version, row.kind, row.schema_version) == (game, 2, "line_drawn", 1)
        assert row.position == page.end
        assert row.data == {"seat": 1, "line": "a1h", "kind": "line_drawn"}
        assert abs(row.at - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251 - compared with the server's clock
        assert (len(row.hash), row.cause) == (64, None)
        (started,) = (await operator.ask(ListEvents(event_kind="game_started"))).events
        assert started.cause is not None
        assert started.cause.startswith(f"{MAIN_LOBBY}@")
        welcome = await (await house.guest(bob.token)).greet()
        assert row.by == welcome.player.id  # type: ignore[union-attr]  # he is in already


async def test_the_log_is_listed_page_by_page_both_ways(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        await play_a_line(house)
        whole = await operator.ask(ListEvents())
        everything = [event.position for event in whole.events]
        assert everything == list(range(1, whole.end + 1))
        assert whole.next is None

        forwards: list[int] = []
        after: int | None = 0
        while after is not None:
            page = await operator.ask(ListEvents(after=after, limit=2))
            forwards += [event.position for event in page.events]
            after = page.next
        assert forwards == everything

        backwards: list[int] = []
        before: int | None = whole.end + 1
        while before is not None:
            page = await operator.ask(ListEvents(before=before, limit=2, newest_first=True))
            backwards += [event.position for event in page.events]
            before = page.next
        assert backwards == everything[::-1]


async def test_the_log_is_filtered(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        _, game = await play_a_line(house)
        whole = (await operator.ask(ListEvents())).events
        for question, expected in (
            (ListEvents(stream_prefix="game/"), [e for e in whole if e.stream == game]),
            (ListEvents(actor=whole[0].by), [e for e in whole if e.by == whole[0].by]),
            (ListEvents(since=whole[3].at), [e for e in whole if e.at >= whole[3].at]),
            (ListEvents(until=whole[3].at), [e for e in whole if e.at < whole[3].at]),
            (ListEvents(stream_prefix="nothing"), []),
        ):
            assert list((await operator.ask(question)).events) == expected


async def test_the_log_is_followed_without_asking_again_and_again(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        bob, ann, game = await house.two_in_a_game()
        end = (await operator.ask(ListEvents())).end
        assert not await positions(operator, ListEvents(after=end, wait_seconds=0.01))
        follow = ListEvents(after=end, stream_prefix="game/", wait_seconds=PATIENCE)
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(operator.ask(follow))
            assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
            assert await positions(operator, ListEvents(after=end)) == [end + 1]
            assert not following.done()
            await bob.order(game, draw("a1h"))
        assert [event.position for event in following.result().events] == [end + 2]


class _Asked(MemoryLogReader):
    """A reader that keeps what it was asked for, and wakes who waits for that."""

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(log)
        self.stretches: list[tuple[int, int | None]] = []
        self.news = asyncio.Event()

    async def events(
        self, wanted: Wanted, limit: int, *, newest_first: bool = False
    ) -> Sequence[LogEntry]:
        self.stretches.append((wanted.after, wanted.before))
        self.news.set()
        return await super().events(wanted, limit, newest_first=newest_first)


async def test_who_waits_for_few_has_nothing_looked_through_twice(tmp_path: Path) -> None:
    log, pulse = MemoryLog(), Pulse(lambda: 0.0)
    store, reader = MemoryStore(CODEC, log), _Asked(log)
    store.subscribe(pulse.committed)
    async with resting_house(store, tmp_path) as here:
        await here.sign_up("Ann")
        view = LogView(here.system, reader, CODEC, pulse)
        assert not (await view.events(ListEvents(stream_prefix="lobby/"))).events
        assert reader.stretches == [(0, 2)], "who does not wait has it looked through once"

        reader.stretches.clear()
        reader.news.clear()
        question = ListEvents(stream_prefix="lobby/", wait_seconds=PATIENCE)
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(view.events(question))
            await reader.news.wait()
            reader.news.clear()
            bob = await here.sign_up("Bob")
            await reader.news.wait()
            await here.open(OpenGame(SMALL), bob)
        assert [one.position for one in waiting.result().events] == [3]
        assert reader.stretches == [(0, 2), (1, 3), (2, 4)]


async def test_aggregates_are_listed_page_by_page(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        _, game = await play_a_line(house)
        page = await operator.ask(ListAggregates())
        assert [(one.stream, one.version) for one in page.aggregates] == [
            (game, 2),
            (MAIN_LOBBY, 3),
            ("players", 2),
        ]
        assert page.next is None
        first = await operator.ask(ListAggregates(limit=1))
        assert (first.aggregates, first.next) == (page.aggregates[:1], game)
        rest = await operator.ask(ListAggregates(after=first.next or ""))
        assert rest.aggregates == page.aggregates[1:]
        named = await operator.ask(ListAggregates(prefix="lobby/"))
        assert [one.stream for one in named.aggregates] == [MAIN_LOBBY]


async def test_a_state_is_shown_at_any_version_with_the_event_that_made_it(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        _, game = await play_a_line(house)
        now = await operator.ask(ShowState(stream=game))
        assert (now.version, now.latest) == (2, 2)
        assert isinstance(now.state, dict)
        assert now.state["last_line"] == "a1h"
        assert now.state["position"] == [
            "+---+   +",
            "",
            "+   +   +",
            "",
            "+   +   +",
            "seats AB, A to draw",
        ]
        assert now.event is not None
        assert now.event.kind == "line_drawn"
        before = await operator.ask(ShowState(stream=game, version=1))
        assert isinstance(before.state, dict)
        assert (before.version, before.latest, before.state["last_line"]) == (1, 2, None)
        first = await operator.ask(ShowState(stream=game, version=0))
        assert (first.state, first.event) == (None, None)
        lobby = await operator.ask(ShowState(stream=MAIN_LOBBY))
        assert isinstance(lobby.state, dict)
        assert list(lobby.state) == ["tables"]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (ShowState(stream="game/none"), "no_such_stream"),
        (ShowState(stream="nothing"), "no_such_stream"),
        (ShowState(stream="players", version=99), "no_such_version"),
        (CheckStream(stream="game/none"), "no_such_stream"),
        (CheckStream(stream="nothing"), "no_such_stream"),
    ],
)
async def test_what_is_not_there_is_told(
    tmp_path: Path, question: ShowState | CheckStream, code: str
) -> None:
    async with operating(tmp_path) as (house, operator):
        await house.player("Ann")
        with pytest.raises(QuestionRefused) as refused:
            await operator.ask(question)
        assert refused.value.code == code
        assert question.stream in refused.value.sentence


async def test_a_stream_is_checked(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, operator):
        _, game = await play_a_line(house)
        (last,) = (await operator.ask(ListEvents(event_kind="line_drawn"))).events
        check = await operator.ask(CheckStream(stream=game))
        assert (check.version, check.latest, check.problem) == (2, 2, None)
        assert check.head == last.hash

        with apsw.Connection(str(tmp_path / "events.db")) as connection:
            connection.execute("UPDATE events SET data = x'80' WHERE kind = 'line_drawn'")
        check = await operator.ask(CheckStream(stream=game))
        assert (check.version, check.latest) == (1, 2)
        assert check.problem == f"{game} was changed after it was recorded, at version 2"
        with pytest.raises(QuestionRefused, match="can be read up to version 1 only"):
            await operator.ask(ShowState(stream=game))
        (row,) = (await operator.ask(ListEvents(event_kind="line_drawn"))).events
        assert row.data == "0x80"
        assert (await operator.ask(ShowState(stream=game, version=1))).version == 1


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (
            "UPDATE events SET position = 100 WHERE kind = 'game_started'",
            r"it is at position \d+, and the one before at 100",
        ),
        (
            "DELETE FROM commands WHERE stream LIKE 'game/%'",
            "the command behind game/.*@1 has lost its last events or its record",
        ),
    ],
)
async def test_a_check_looks_at_all_that_verify_looks_at(
    tmp_path: Path, damage: str, problem: str
) -> None:
    async with operating(tmp_path) as (house, operator):
        _, game = await play_a_line(house)
        with apsw.Connection(str(tmp_path / "events.db")) as connection:
            connection.execute(damage)
        check = await operator.ask(CheckStream(stream=game))
        assert re.search(problem, check.problem or "")


async def test_a_check_tells_of_a_lost_end(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, _):
        _, game = await play_a_line(house)
        await house.player("Cyd")
    with apsw.Connection(str(tmp_path / "events.db")) as connection:
        connection.execute("DELETE FROM events WHERE kind = 'line_drawn'")
    async with operating(tmp_path) as (_, operator):
        check = await operator.ask(CheckStream(stream=game))
        assert (check.version, check.latest) == (1, 1)
        assert check.problem is not None


async def test_a_quarantined_stream_shows_in_the_figures(tmp_path: Path) -> None:
    async with operating(tmp_path) as (house, _):
        _, game = await play_a_line(house)
    with apsw.Connection(str(tmp_path / "events.db")) as connection:
        connection.execute("UPDATE events SET data = x'80' WHERE kind = 'line_drawn'")
    async with operating(tmp_path) as (house, operator):
        cyd = await house.player("Cyd")
        await cyd.watch(game)
        (row,) = (await operator.ask(ShowSystem())).quarantined
        assert (row.stream, row.version) == (game, 2)
        assert (await operator.ask(CheckStream(stream=game))).problem is not None
        assert (await operator.ask(CheckStream(stream=MAIN_LOBBY))).problem is None
