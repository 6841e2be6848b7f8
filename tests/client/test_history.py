"""F29: a backup put back, or a log rewritten, is noticed by those who were told before."""

import asyncio
import logging
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from clouds_edges.client.receipts import ReceiptFile, Receipts
from clouds_edges.client.streams import HistoryLost
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import (
    Accepted,
    Happened,
    RecordIs,
)
from clouds_edges.server.serve import Address, running_server
from tests.client.persons import BOARD, Person, answered, person, two_in_a_game
from tests.eventsourcing.rewriting import rewrite
from tests.server.guests import draw, new_token

_HEAD: Final = re.compile(r',"head":"[0-9a-f]{64}"')


@dataclass
class Club:
    """A server's data, a backup of it, and two players with their files."""

    folder: Path
    bob_token: str = field(default_factory=new_token)
    ann_token: str = field(default_factory=new_token)
    port: int = 0

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def bob_receipts(self) -> Receipts:
        return Receipts(ReceiptFile(self.folder / "bob.json", "club"))

    def ann_receipts(self) -> Receipts:
        return Receipts(ReceiptFile(self.folder / "ann.json", "club"))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Address]:
        async with running_server("127.0.0.1", self.port, self.data) as address:
            self.port = address.port
            yield address

    @asynccontextmanager
    async def game(self, url: str) -> AsyncIterator[tuple[Person, Person, StreamName]]:
        tokens = self.bob_token, self.ann_token
        receipts = self.bob_receipts(), self.ann_receipts()
        async with two_in_a_game(url, tokens, receipts) as (bob, ann, game):
            yield bob, ann, game
            for kept in receipts:
                await kept.save()

    def back_up(self) -> None:
        shutil.copytree(self.data, self.folder / "backup")

    def restore(self) -> None:
        shutil.rmtree(self.data)
        shutil.copytree(self.folder / "backup", self.data)

    @asynccontextmanager
    async def back(self, url: str) -> AsyncIterator[tuple[Person, Person]]:
        """Both come back with what is in their files."""
        async with (
            person(url, None, self.bob_token, self.bob_receipts()) as bob,
            person(url, None, self.ann_token, self.ann_receipts()) as ann,
        ):
            yield bob, ann


@pytest.fixture
def club(tmp_path: Path) -> Club:
    return Club(tmp_path)


async def has_heard_everything(one: Person) -> list[HistoryLost]:
    """Every notice, once the server has answered what was asked before."""
    await one.online()
    one.connection.ask_record()
    await one.next(RecordIs)
    return [update for update in one.seen if isinstance(update, HistoryLost)]


async def play(bob: Person, ann: Person, game: StreamName, *lines: str) -> None:
    """Bob and Ann draw in turns, from Bob's first line on."""
    for place, line in enumerate(lines):
        drawer = (bob, ann)[place % 2]
        assert isinstance(await answered(drawer.connection.order(game, draw(line))), Accepted)


@contextmanager
def log_of_the_client() -> Iterator[list[str]]:
    """What the client's connection logs."""
    said: list[str] = []

    class Notice(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    handler, log = Notice(), logging.getLogger("clouds_edges.client.connection")
    log.addHandler(handler)
    try:
        yield said
    finally:
        log.removeHandler(handler)


async def test_both_players_are_told_when_a_backup_was_put_back(club: Club) -> None:
    """They stay in their programs while the server goes and comes back with less."""
    async with club.open() as address:
        playing = club.game(address.url)
        bob, ann, game = await playing.__aenter__()
        await play(bob, ann, game, "a1h", "a2h")
    club.back_up()
    async with club.open():
        await bob.online()
        await ann.online()
        await play(bob, ann, game, "a3h", "b1h")
        for one in (bob, ann):
            await one.told_up_to(game, 5)
    club.restore()
    with log_of_the_client() as logged:
        async with club.open():
            for one, line in ((bob, "a3h"), (ann, "b1h")):
                one.seen.clear()
                lost = await one.next(HistoryLost, lambda found: found.stream == game)
                assert (lost.had, lost.has, lost.line) == (5, 3, line)
                assert lost.title == "2x2 boxes"
                await one.told_up_to(game, 3)  # from the beginning, once and in order
                assert any(game.removeprefix("game/") in line for line in logged)
            await play(bob, ann, game, "b1h", "b2h")  # and the game goes on
            for one in (bob, ann):
                await one.told_up_to(game, 5)
    await playing.__aexit__(None, None, None)


async def test_who_comes_back_later_is_told_from_the_receipts_on_disk(club: Club) -> None:
    game = await played_past_a_backup(club)
    club.restore()
    async with club.open() as address, club.back(address.url) as people:
        for one, line in zip(people, ("a3h", "b1h"), strict=True):
            (lost,) = [found for found in await has_heard_everything(one) if found.stream == game]
            assert (lost.had, lost.has, lost.line) == (5, 3, line)
    async with club.open() as address, club.back(address.url) as people:
        for one in people:
            assert not await has_heard_everything(one)  # it is said once


async def test_without_receipts_nobody_notices_that_a_backup_was_put_back(club: Club) -> None:
    """The control of the test above."""
    game = await played_past_a_backup(club)
    club.restore()
    for file in ("bob.json", "ann.json"):
        (club.folder / file).unlink()
    async with club.open() as address, club.back(address.url) as people:
        for one in people:
            one.connection.watch(game)
            assert not await has_heard_everything(one)
            await one.next(Happened) if not one.versions(game) else None
            assert one.versions(game) == [1, 2, 3]


async def test_an_honest_restart_gives_no_notice(club: Club) -> None:
    game = await played_past_a_backup(club)
    async with club.open() as address, club.back(address.url) as people:
        for one in people:
            one.connection.watch(game)
            assert not await has_heard_everything(one)
    assert receipts_of(club.bob_receipts(), game) == 5


async def test_who_stays_is_not_alarmed_by_an_honest_restart(club: Club) -> None:
    async with club.open() as address:
        playing = club.game(address.url)
        bob, ann, game = await playing.__aenter__()
        await play(bob, ann, game, "a1h", "a2h")
    async with club.open():
        for one in (bob, ann):
            assert not await has_heard_everything(one)
        await play(bob, ann, game, "a3h", "b1h")
        for one in (bob, ann):
            await one.told_up_to(game, 5)
            assert not [update for update in one.seen if isinstance(update, HistoryLost)]
    await playing.__aexit__(None, None, None)


async def test_a_history_of_the_same_length_with_another_line_is_noticed(club: Club) -> None:
    game = await played_past_a_backup(club)
    await asyncio.to_thread(
        rewrite, club.data / "events.db", game, 5, lambda data: data.replace(b"b1h", b"b3h")
    )
    async with club.open() as address, club.back(address.url) as (bob, ann):
        for one in (bob, ann):
            (lost,) = await has_heard_everything(one)
            assert (lost.stream, lost.had, lost.has, lost.line) == (game, 5, 5, "")
            one.connection.watch(game)
        lost = await ann.next(HistoryLost)  # now she can be told which line it was
        assert lost.line == "b1h"
        await bob.told_up_to(game, 5)
        assert sum(isinstance(update, HistoryLost) for update in bob.seen) == 1


async def test_a_history_changed_below_its_end_is_noticed(club: Club) -> None:
    game = await played_past_a_backup(club)
    await asyncio.to_thread(
        rewrite, club.data / "events.db", game, 2, lambda data: data.replace(b"a1h", b"b3h")
    )
    async with club.open() as address, club.back(address.url) as people:
        for one in people:
            (lost,) = await has_heard_everything(one)
            assert (lost.stream, lost.had, lost.has) == (game, 5, 5)


async def test_a_history_that_has_become_longer_than_before_is_noticed(club: Club) -> None:
    """The backup was put back, and one played on until there was as much as there had been."""
    game = await played_past_a_backup(club)
    club.restore()
    async with club.open() as address, person(address.url, None, club.bob_token) as bob:
        await bob.online()
        async with person(address.url, None, club.ann_token) as ann:
            await ann.online()
            await play(bob, ann, game, "b3h", "c1v", "a2v")
    async with club.open() as address, club.back(address.url) as (_, ann):
        (lost,) = [found for found in await has_heard_everything(ann) if found.stream == game]
        assert (lost.had, lost.has) == (5, 6)


async def test_what_the_lobby_and_the_players_acknowledged_is_checked_as_well(
    club: Club,
) -> None:
    async with club.open():
        pass
    club.back_up()
    async with (
        club.open() as address,
        person(address.url, "Ann", club.ann_token, receipts := club.ann_receipts()) as ann,
    ):
        await answered(ann.connection.order(PLAYERS, Rename("Anna")))
        await answered(ann.connection.order(MAIN_LOBBY, OpenGame(BOARD)))
        await receipts.save()
    club.restore()
    async with (
        club.open() as address,
        person(address.url, "Ann", club.ann_token, club.ann_receipts()) as ann,
    ):
        lost = {(one.stream, one.had, one.has) for one in await has_heard_everything(ann)}
        assert lost == {(PLAYERS, 2, 1), (MAIN_LOBBY, 1, 0)}


async def test_a_game_that_is_gone_altogether_is_named(club: Club) -> None:
    async with club.open():
        pass
    club.back_up()
    game = await played(club)
    club.restore()
    async with (
        club.open() as address,
        person(address.url, "Ann", club.ann_token, club.ann_receipts()) as ann,
    ):
        lost = {one.stream: one for one in await has_heard_everything(ann)}
        assert (lost[game].has, lost[game].title) == (0, "2x2 boxes")


@asynccontextmanager
async def without_receipts(url: str) -> AsyncIterator[str]:
    """A go-between that takes every receipt out of what is said."""

    async def hand_on(client: ServerConnection) -> None:
        async with connect(url, compression=None, proxy=None) as server:

            async def up() -> None:
                with suppress(ConnectionClosed):
                    async for frame in client:
                        if "check_receipts" not in str(frame):
                            await server.send(_HEAD.sub("", str(frame)))
                await server.close()

            asking = asyncio.create_task(up())
            with suppress(ConnectionClosed):
                async for frame in server:
                    is_answer = '"kind":"happened"' not in str(frame)
                    await client.send(frame if is_answer else _HEAD.sub("", str(frame)))
            await client.close()
            await asking

    async with serve(hand_on, "127.0.0.1", 0, compression=None) as between:
        yield f"ws://127.0.0.1:{between.sockets[0].getsockname()[1]}"


async def test_with_the_check_taken_out_nobody_notices_another_line(club: Club) -> None:
    """The control: the same rewritten log, the same receipts on disk, but they are not shown."""
    game = await played_past_a_backup(club)
    await asyncio.to_thread(
        rewrite, club.data / "events.db", game, 5, lambda data: data.replace(b"b1h", b"b3h")
    )
    async with (
        club.open() as address,
        without_receipts(address.url) as url,
        club.back(url) as people,
    ):
        for one in people:
            one.connection.watch(game)
            await one.told_up_to(game, 5)
            assert not any(isinstance(update, HistoryLost) for update in one.seen)


async def played_past_a_backup(club: Club) -> StreamName:
    """A game of which the backup has two lines, and the server and everybody's files four."""
    async with club.open() as address:
        playing = club.game(address.url)
        bob, ann, game = await playing.__aenter__()
        await play(bob, ann, game, "a1h", "a2h")
        await asyncio.gather(bob.told_up_to(game, 3), ann.told_up_to(game, 3))
    club.back_up()
    async with club.open():
        await bob.online()
        await ann.online()
        await play(bob, ann, game, "a3h", "b1h")
        await asyncio.gather(bob.told_up_to(game, 5), ann.told_up_to(game, 5))
        await playing.__aexit__(None, None, None)
    return game


async def played(club: Club) -> StreamName:
    async with club.open() as address, club.game(address.url) as (bob, ann, game):
        await play(bob, ann, game, "a1h", "a2h")
        await asyncio.gather(bob.told_up_to(game, 3), ann.told_up_to(game, 3))
        return game


def receipts_of(receipts: Receipts, stream: StreamName) -> int:
    kept = receipts.of(stream)
    return 0 if kept is None else kept.version
