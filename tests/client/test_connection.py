import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from clouds_edges.client.admin_connection import AdminConnection, read_access
from clouds_edges.client.connection import (
    UPDATE_NEEDED,
    GreetingRefused,
    Status,
    StatusChanged,
)
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.admin import ForgetPlayer
from clouds_edges.protocol.messages import (
    Accepted,
    CloseCode,
    Duplicate,
    LobbyIs,
    RecordIs,
    Refused,
)
from clouds_edges.server.serve import running_server
from tests.client.persons import (
    BOARD,
    PATIENCE,
    Person,
    answered,
    connection_to,
    person,
    two_in_a_game,
)
from tests.server.guests import draw


async def test_an_order_is_answered_and_told_to_both(tmp_path: Path) -> None:
    async with (
        running_server("127.0.0.1", 0, tmp_path) as address,
        two_in_a_game(address.url) as (bob, ann, game),
    ):
        assert isinstance(await answered(bob.connection.order(game, draw("a1h"))), Accepted)
        refused = await answered(bob.connection.order(game, draw("a2h")))
        assert isinstance(refused, Refused)
        assert refused.code == "not_your_turn"
        for one in (ann, bob):
            await one.told_up_to(game, 2)


async def test_an_order_given_before_there_is_a_server_is_answered_when_there_is(
    tmp_path: Path,
) -> None:
    async with running_server("127.0.0.1", 0, tmp_path) as address:
        pass
    async with person(address.url, "Ann") as ann:
        changed = await ann.next(StatusChanged)
        assert changed.status is Status.CONNECTING
        assert changed.sentence.startswith("no server yet")
        assert "refused" in changed.sentence.lower()
        assert ", trying again (" in changed.sentence
        assert "Errno" not in changed.sentence
        order = asyncio.create_task(ann.connection.order(MAIN_LOBBY, OpenGame(BOARD)))
        ann.connection.watch(MAIN_LOBBY)
        ann.connection.ask_record()
        async with running_server("127.0.0.1", address.port, tmp_path):
            await ann.online()
            assert isinstance(await answered(order), Accepted)
            await ann.next(LobbyIs)
            await ann.next(RecordIs)


async def test_when_the_server_comes_back_the_game_goes_on_without_a_gap(tmp_path: Path) -> None:
    async with running_server("127.0.0.1", 0, tmp_path) as first:
        playing = two_in_a_game(first.url)
        bob, ann, game = await playing.__aenter__()
        await answered(bob.connection.order(game, draw("a1h")))
    try:
        lost = await bob.next(StatusChanged)
        assert lost.status is Status.RECONNECTING
        assert lost.sentence.startswith("lost the server, trying again")
        order = asyncio.create_task(ann.connection.order(game, draw("a2h")))
        async with running_server("127.0.0.1", first.port, tmp_path):
            await bob.online()
            assert isinstance(await answered(order), Accepted)
            await answered(bob.connection.order(game, draw("a3h")))
            for one in (ann, bob):
                await one.told_up_to(game, 4)
    finally:
        await playing.__aexit__(None, None, None)


@asynccontextmanager
async def swallowing_answers(url: str, how_many: int) -> AsyncIterator[str]:
    """A go-between that hangs up instead of handing on an answer, so many times."""
    left = how_many

    async def hand_on(client: ServerConnection) -> None:
        nonlocal left
        async with connect(url, compression=None, proxy=None) as server:

            async def up() -> None:
                with suppress(ConnectionClosed):
                    async for frame in client:
                        await server.send(frame)
                await server.close()

            asking = asyncio.create_task(up())
            with suppress(ConnectionClosed):
                async for frame in server:
                    if left and '"kind":"accepted"' in str(frame):
                        left -= 1
                        break
                    await client.send(frame)
            await client.close()
            await asking

    async with serve(hand_on, "127.0.0.1", 0, compression=None) as between:
        yield f"ws://127.0.0.1:{between.sockets[0].getsockname()[1]}"


async def test_an_order_whose_answer_was_lost_is_sent_again_and_has_one_effect(
    tmp_path: Path,
) -> None:
    async with (
        running_server("127.0.0.1", 0, tmp_path) as address,
        swallowing_answers(address.url, 1) as url,
        person(url, "Ann") as ann,
    ):
        answer = await answered(ann.connection.order(MAIN_LOBBY, OpenGame(BOARD)))
        assert isinstance(answer, Duplicate)
        assert answer.version == 1
        ann.connection.watch(MAIN_LOBBY)
        assert len((await ann.next(LobbyIs)).lobby.tables) == 1


async def test_an_order_given_up_is_forgotten(tmp_path: Path) -> None:
    async with running_server("127.0.0.1", 0, tmp_path) as address:
        connection = connection_to(address.url, "Ann")
        order = asyncio.create_task(connection.order(MAIN_LOBBY, OpenGame(BOARD)))
        await asyncio.wait([order], timeout=0)
        order.cancel()
        await asyncio.wait([order])
        ann = Person(connection)
        running = asyncio.create_task(connection.run())
        connection.watch(MAIN_LOBBY)
        assert (await ann.next(LobbyIs)).version == 0
        running.cancel()
        await asyncio.wait([running])


async def test_what_is_not_watched_any_more_is_not_told(tmp_path: Path) -> None:
    async with (
        running_server("127.0.0.1", 0, tmp_path) as address,
        two_in_a_game(address.url) as (bob, ann, game),
    ):
        ann.connection.unwatch(game)
        ann.connection.unwatch(StreamName("game/none"))
        await answered(bob.connection.order(game, draw("a1h")))
        await bob.told_up_to(game, 2)
        ann.connection.ask_record()
        await ann.next(RecordIs)
        assert ann.versions(game) == [1]


async def test_a_refused_wish_to_watch_is_among_the_updates(tmp_path: Path) -> None:
    async with (
        running_server("127.0.0.1", 0, tmp_path) as address,
        person(address.url, "Ann") as ann,
    ):
        ann.connection.watch(StreamName("game/none"))
        assert (await ann.next(Refused)).code == "no_such_game"


async def test_a_name_that_is_taken_ends_the_connection_with_the_reason(tmp_path: Path) -> None:
    async with running_server("127.0.0.1", 0, tmp_path) as address:
        async with person(address.url, "Ann") as ann:
            await ann.online()
        with pytest.raises(GreetingRefused, match="Ann is taken") as refused:
            await connection_to(address.url, "Ann").run()
        assert refused.value.code == "name_taken"
        with pytest.raises(GreetingRefused, match="choose a name") as refused:
            await connection_to(address.url, None).run()
        assert refused.value.code == "not_signed_up"


@asynccontextmanager
async def strange_server(
    answer: Callable[[ServerConnection], Awaitable[None]],
) -> AsyncIterator[str]:
    async with serve(answer, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("code", "means"),
    [(CloseCode.UPDATE_NEEDED, UPDATE_NEEDED), (CloseCode.FORGOTTEN, "forgotten")],
)
async def test_a_server_that_wants_no_other_greeting_ends_the_connection_with_its_reason(
    code: CloseCode, means: str
) -> None:
    async def answer(client: ServerConnection) -> None:
        await client.recv()
        await client.close(code, "because it is so")

    async with strange_server(answer) as url:
        with pytest.raises(GreetingRefused, match="because it is so") as refused:
            await connection_to(url, "Ann").run()
        assert refused.value.code == means


@pytest.mark.parametrize("frame", ["hello?", '{"kind":"news"}', '{"kind":"accepted"}', b"\x00"])
async def test_a_server_that_cannot_be_understood_ends_the_connection(frame: str | bytes) -> None:
    async def answer(client: ServerConnection) -> None:
        await client.recv()
        await client.send(frame)

    async with strange_server(answer) as url:
        with pytest.raises(GreetingRefused, match="update needed") as refused:
            await connection_to(url, "Ann").run()
        assert refused.value.code == UPDATE_NEEDED


async def test_who_is_forgotten_while_connected_does_not_come_back(tmp_path: Path) -> None:
    async with (
        running_server("127.0.0.1", 0, tmp_path) as address,
        AdminConnection(partial(read_access, tmp_path)) as operator,
    ):
        ann = Person(connection_to(address.url, "Ann"))
        running = asyncio.create_task(ann.connection.run())
        await ann.online()
        assert ann.connection.player is not None
        await operator.ask(ForgetPlayer(player=ann.connection.player.id))
        with pytest.raises(GreetingRefused, match="this player was forgotten") as refused:
            async with asyncio.timeout(PATIENCE):
                await running
        assert refused.value.code == "forgotten"


async def test_a_server_that_is_none_is_tried_again() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-nothing\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with person(f"ws://127.0.0.1:{port}", "Ann") as ann:
            for _ in range(2):
                changed = await ann.next(StatusChanged)
                assert changed.status is Status.CONNECTING
                assert "\n" not in changed.sentence


async def test_who_leaves_while_the_server_goes_has_left(tmp_path: Path) -> None:
    """At whichever step of the loop it comes: a group of tasks that fails forgets the wish."""
    async with running_server("127.0.0.1", 0, tmp_path) as address:
        for steps in range(40):
            connection = connection_to(address.url, f"Ann {steps}")
            running = asyncio.create_task(connection.run())
            await Person(connection).online()
            assert connection._socket is not None  # noqa: SLF001 - to break it off
            connection._socket.transport.abort()  # noqa: SLF001 - as above
            for _ in range(steps):
                await asyncio.sleep(0)

            running.cancel()

            await asyncio.wait([running], timeout=PATIENCE)
            assert running.cancelled(), steps
