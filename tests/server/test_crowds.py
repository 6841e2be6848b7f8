"""Crowds at the doors of a real server, parts of fault F12; nobody is spared in these tests."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.protocol.messages import Accepted, CloseCode, RecordIs, Refused, Welcome
from clouds_edges.server.doors import USUAL_LIMITS
from clouds_edges.server.token_bucket import Rate
from tests.server.guests import PATIENCE, SMALL, House, serving

STRICT: Final = replace(USUAL_LIMITS, spared=lambda _: False)
IDLE: Final = 500


@asynccontextmanager
async def idle_sockets(
    house: House, number: int, said: bytes = b""
) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Sockets that say this and nothing more."""
    readers, writers = [], []
    for _ in range(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", house.address.port)
        writer.write(said)
        readers.append(reader)
        writers.append(writer)
    try:
        yield readers
    finally:
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def test_five_hundred_idle_sockets_do_not_keep_a_player_out(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=STRICT) as house, idle_sockets(house, IDLE):
        ann = await house.player("Ann")
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def test_half_a_handshake_does_not_keep_a_player_out(tmp_path: Path) -> None:
    half = b"GET / HTTP/1.1\r\nUpgrade: webso"
    async with (
        serving(tmp_path, limits=STRICT) as house,
        idle_sockets(house, IDLE, half),
    ):
        await house.player("Ann")


async def test_a_crowd_that_has_not_greeted_is_turned_out_but_for_so_many(tmp_path: Path) -> None:
    async with (
        serving(tmp_path, limits=replace(STRICT, waiting_of_address=3)) as house,
        idle_sockets(house, 10) as idle,
    ):
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*map(turned_out, idle[:7]))
        await house.player("Ann")
        assert not any(one.at_eof() for one in idle[8:])  # one made room for Ann


async def turned_out(one: asyncio.StreamReader) -> None:
    with suppress(ConnectionResetError):
        assert await one.read(1) == b""


async def test_who_is_in_stays_in_whatever_crowd_there_is(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=STRICT) as house:
        bob, _, game = await house.two_in_a_game()
        async with idle_sockets(house, IDLE):
            await house.player("Eve")
            await bob.say_raw('{"kind": "ask_record"}')
            await bob.next(RecordIs)
            await bob.watch(game)


async def test_a_full_server_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=replace(STRICT, connections=2)) as house:
        ann = await house.player("Ann")
        await house.player("Bob")
        late = await house.guest()
        await late.say_hello("Eve")
        goodbye = await late.goodbye()
        assert (goodbye.code, goodbye.reason) == (
            CloseCode.TOO_MANY,
            "the server is full: come back later",
        )
        await ann.socket.close()
        assert isinstance(await (await house.guest(late.token)).greet("Eve"), Welcome)


async def test_one_address_cannot_take_all_the_places(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=replace(STRICT, connections_of_address=1)) as house:
        await house.player("Ann")
        late = await house.guest()
        await late.say_hello("Eve")
        assert (await late.goodbye()).code == CloseCode.TOO_MANY


async def test_a_flood_of_sign_ups_from_one_address_is_refused(tmp_path: Path) -> None:
    limits = replace(STRICT, sign_ups_of_address=Rate(a_second=0.001, at_once=2))
    async with serving(tmp_path, limits=limits) as house:
        ann = await house.player("Ann")
        await house.player("Bob")
        refused = await (await house.guest()).greet("Eve")
        assert isinstance(refused, Refused)
        assert refused.code == "too_often"
        assert isinstance(await (await house.guest(ann.token)).greet(), Welcome)


async def test_control_without_a_limit_a_flood_gets_in(tmp_path: Path) -> None:
    unlimited = replace(STRICT, sign_ups_of_address=Rate(a_second=1e9, at_once=1e9))
    async with serving(tmp_path, limits=unlimited) as house:
        for number in range(3):
            await house.player(f"Eve{number}")


async def test_who_floods_is_slowed_down_and_nobody_else_is(tmp_path: Path) -> None:
    slow = Rate(a_second=1, at_once=5)
    async with serving(tmp_path, limits=replace(STRICT, frames_of_connection=slow)) as house:
        bob, ann = await house.player("Bob"), await house.player("Ann")
        began = asyncio.get_running_loop().time()
        for _ in range(5):
            await ann.say_raw("?")
        for _ in range(4):  # the greeting was the first
            assert (await ann.next(Refused)).code == "malformed_frame"
        await bob.say_raw('{"kind": "ask_record"}')
        await bob.next(RecordIs)
        assert (await ann.next(Refused)).code == "malformed_frame"
        assert asyncio.get_running_loop().time() - began > 0.5
