import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.events import GameStarted, LineDrawn
from clouds_edges.domain.ids import MAIN_LOBBY, game_stream
from clouds_edges.domain.lobby.commands import AcceptInvite, JoinGame, LeaveGame, OpenGame
from clouds_edges.domain.lobby.events import GameOpened
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import (
    Accepted,
    AskRecord,
    CloseCode,
    Happened,
    RecordIs,
    Refused,
    Unwatch,
    Watch,
)
from clouds_edges.rules import Board, format_line, parse_line
from clouds_edges.server.counted_connection import CLOSE_SECONDS
from clouds_edges.server.watches import MOST_WATCHED
from tests.server.guests import (
    PATIENCE,
    SMALL,
    Guest,
    House,
    connections_held,
    draw,
    open_game,
    serving,
    started,
)


async def test_who_watches_from_the_beginning_is_told_everything(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await bob.order(game, draw("a1h"))
        await ann.order(game, draw("a2h"))
        told = await (await house.player("Cyd")).watch(game)
        assert isinstance(told, Happened)
        assert [one.version for one in told.events] == [1, 2, 3]
        assert isinstance(told.events[0].event, GameStarted)
        assert [one.event for one in told.events[1:]] == [
            LineDrawn(1, parse_line("a1h")),
            LineDrawn(0, parse_line("a2h")),
        ]


async def test_who_watches_from_a_version_is_told_what_came_after_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, _, game = await house.two_in_a_game()
        await bob.order(game, draw("a1h"))
        told = await bob.watch(game, after=1)
        assert isinstance(told, Happened)
        assert [one.version for one in told.events] == [2]
        told = await bob.watch(game, after=2)
        assert isinstance(told, Happened)
        assert (told.version, told.events) == (2, ())


@pytest.mark.parametrize("after", [2, 5, 2**63, 10**4000])
async def test_who_watches_from_a_version_to_come_misses_nothing(
    tmp_path: Path, after: int
) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        told = await bob.watch(game, after=after)
        assert isinstance(told, Happened)
        assert (told.version, told.events) == (1, ())
        await bob.order(game, draw("a1h"))
        await ann.order(game, draw("a2h"))
        assert len(await bob.events(game, up_to=3, after=1)) == 2


async def test_no_watcher_sees_a_gap_or_a_repeat_while_lines_are_drawn(tmp_path: Path) -> None:
    board = Board(5, 5)
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game(board)
        last = 1 + board.line_count + 1

        async def play() -> None:
            for line in board.lines:
                for player in (bob, ann):
                    if isinstance(await player.order(game, draw(format_line(line))), Accepted):
                        break

        async def watch(number: int) -> None:
            watcher = await house.player(f"Watcher {number}")
            seen = 0
            while seen < last:
                first = await watcher.watch(game, after=seen)
                assert isinstance(first, Happened)
                versions = [one.version for one in first.events]
                while len(versions) < min(3 + number, last - seen):
                    more = await watcher.next(Happened)
                    versions += [one.version for one in more.events]
                assert versions == list(range(seen + 1, seen + 1 + len(versions)))
                seen += len(versions)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(play())
            for number in range(8):
                tasks.create_task(watch(number))


async def test_a_lobby_is_shown_whole_and_then_told(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, bob = await house.player("Ann"), await house.player("Bob")
        first = await open_game(ann, OpenGame(SMALL))
        seen = await bob.lobby()
        assert list(seen.lobby.tables) == [first]
        await ann.order(MAIN_LOBBY, OpenGame(SMALL))
        told = await bob.next(Happened)
        assert [one.version for one in told.events] == [seen.version + 1]


async def test_no_event_is_lost_between_the_lobby_shown_and_the_events_told(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        openers = [await house.player(f"Opener {number}") for number in range(10)]

        async def watch(number: int) -> None:
            watcher = await house.player(f"Watcher {number}")
            seen = await watcher.lobby()
            tables, version = set(seen.lobby.tables), seen.version
            while len(tables) < 30:
                told = await watcher.next(Happened)
                for one in told.events:
                    assert one.version == version + 1
                    version = one.version
                    assert isinstance(one.event, GameOpened)
                    tables.add(one.event.game)

        async with asyncio.TaskGroup() as tasks:
            for number in range(8):
                tasks.create_task(watch(number))
            for opener in openers:
                tasks.create_task(open_three(opener))


async def test_an_invite_is_seen_by_those_who_sit_and_by_nobody_else(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, bob, cyd = [await house.player(name) for name in ("Ann", "Bob", "Cyd")]
        await cyd.lobby()
        await ann.lobby()
        await ann.order(MAIN_LOBBY, OpenGame(SMALL, seats=3, private=True))
        own = (await ann.next(Happened)).events[0].event
        others = (await cyd.next(Happened)).events[0].event
        assert isinstance(own, GameOpened)
        assert isinstance(others, GameOpened)
        assert own.invite is not None
        assert others.invite is None
        assert isinstance(await bob.order(MAIN_LOBBY, AcceptInvite(own.invite)), Accepted)
        for guest, invite in ((ann, own.invite), (bob, own.invite), (cyd, None)):
            assert (await guest.lobby()).lobby.tables[own.game].invite == invite
        assert own.invite not in repr(cyd.unread)


async def test_a_private_game_is_watched_by_those_who_sit_and_by_nobody_else(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        ann, bob, cyd = [await house.player(name) for name in ("Ann", "Bob", "Cyd")]
        game = await open_game(ann, OpenGame(SMALL, private=True))
        stream = game_stream(game)
        await expect_refused_watch(house, cyd.token, stream, "invite_needed")
        assert isinstance(await cyd.order(MAIN_LOBBY, JoinGame(game)), Refused)
        invite = (await ann.lobby()).lobby.tables[game].invite
        assert invite is not None
        await bob.order(MAIN_LOBBY, AcceptInvite(invite))
        await started(bob, stream)
        await expect_refused_watch(house, cyd.token, stream, "invite_needed")
        await bob.order(stream, draw("a1h"))
        await bob.events(stream, up_to=2, after=1)
        assert await cyd.hears_nothing_of(stream)


async def test_a_stranger_is_not_told_by_a_refusal_how_far_a_private_game_has_come(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        ann, cyd = await house.player("Ann"), await house.player("Cyd")
        for is_private in (True, False):
            command = OpenGame(SMALL, private=is_private, bots=(BotLevel.RANDOM,))
            stream = game_stream(await open_game(ann, command))
            await started(ann, stream)
            refused = await cyd.order(stream, draw("a1h"))
            assert isinstance(refused, Refused)
            assert refused.code == "not_seated"
            assert (refused.version is None) == is_private
            own = await ann.order(stream, draw("t20h"))
            assert isinstance(own, Refused)
            assert own.version is not None


async def test_who_has_left_a_private_game_does_not_see_it_begin(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, bob, cyd = [await house.player(name) for name in ("Ann", "Bob", "Cyd")]
        game = await open_game(ann, OpenGame(SMALL, seats=3, private=True))
        invite = (await ann.lobby()).lobby.tables[game].invite
        assert invite is not None
        await bob.order(MAIN_LOBBY, AcceptInvite(invite))
        assert isinstance(await bob.watch(game_stream(game)), Happened)
        await bob.order(MAIN_LOBBY, LeaveGame(game))
        for late in (cyd, await house.player("Dan")):
            await late.order(MAIN_LOBBY, AcceptInvite(invite))
        await started(ann, game_stream(game))
        assert await bob.hears_nothing_of(game_stream(game))


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("game/none", "no_such_game"),
        ("game", "no_such_game"),
        ("players", "unknown_stream"),
        ("lobby/mine", "unknown_stream"),
        ("\x1b[2J", "unknown_stream"),
    ],
)
async def test_what_is_not_there_cannot_be_watched(tmp_path: Path, stream: str, code: str) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await expect_refused_watch(house, ann.token, StreamName(stream), code)


async def test_who_watches_no_more_is_told_no_more(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await ann.watch(game)
        await ann.say(Unwatch(stream=game))
        await ann.say(Unwatch(stream=StreamName("game/none")))
        await ann.say(AskRecord())
        await ann.next(RecordIs)
        await bob.order(game, draw("a1h"))
        await bob.events(game, up_to=2, after=1)
        assert await ann.hears_nothing_of(game)
        told = await ann.watch(game, after=1)
        assert isinstance(told, Happened)
        assert told.version == 2


async def test_nobody_watches_everything(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await ann.lobby()
        await asyncio.gather(
            *[
                open_three(await house.player(f"Opener {number}"))
                for number in range(MOST_WATCHED // 3 + 1)
            ]
        )
        first, *games = [game_stream(game) for game in (await ann.lobby()).lobby.tables]
        for game in games[: MOST_WATCHED - 1]:
            assert isinstance(await ann.watch(game), Happened)
        await ann.say(Watch(stream=first))
        assert (await ann.next(Refused)).code == "watches_too_much"
        assert isinstance(await ann.watch(games[0]), Happened)  # again, that is not one more
        await ann.say(Unwatch(stream=games[0]))
        assert isinstance(await ann.watch(first), Happened)


async def test_who_does_not_read_is_sent_away_while_others_play_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        for number in range(30):
            opener = await house.player(f"Opener {number}")
            await opener.order(MAIN_LOBBY, OpenGame(SMALL))
        cyd = await house.player("Cyd")
        async with asyncio.timeout(PATIENCE):
            with logged("clouds_edges.server.session", "too slow") as noticed:
                while not noticed.is_set():  # Cyd asks for the whole lobby, and never reads
                    await cyd.say(Watch(stream=MAIN_LOBBY))
                    await ann.lobby()
        assert (await cyd.goodbye()).code == CloseCode.TOO_SLOW
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)
        cyd = await house.player(token=cyd.token)
        assert isinstance(await cyd.watch(game), Happened)


async def test_who_reads_nothing_at_all_is_cut_off(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, cyd = await house.player("Ann"), await house.player("Cyd")
        for number in range(30):
            opener = await house.player(f"Opener {number}")
            await opener.order(MAIN_LOBBY, OpenGame(SMALL))
        cyd.socket.transport.pause_reading()
        before = len(connections_held(house))
        async with asyncio.timeout(PATIENCE):
            with logged("clouds_edges.server.session", "too slow") as noticed:
                while not noticed.is_set():
                    await cyd.say(Watch(stream=MAIN_LOBBY))
                    await ann.lobby()
        async with asyncio.timeout(3 * CLOSE_SECONDS):
            while len(connections_held(house)) == before:
                await ann.lobby()


@contextmanager
def logged(logger: str, words: str) -> Iterator[asyncio.Event]:
    """An event that is set when the server logs these words."""
    noticed = asyncio.Event()

    class Notice(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if words in record.getMessage():
                noticed.set()

    handler, log = Notice(), logging.getLogger(logger)
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield noticed
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


async def open_three(guest: Guest) -> None:
    for _ in range(3):
        assert isinstance(await guest.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def expect_refused_watch(house: House, token: str, stream: StreamName, code: str) -> None:
    guest = await house.player(token=token)
    answer = await guest.watch(stream)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.id) == (code, None)
