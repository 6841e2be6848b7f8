import asyncio
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from clouds_edges.domain.game.commands import Resign
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.protocol.messages import (
    Accepted,
    AskRecord,
    CloseCode,
    RecordIs,
    Refused,
    Welcome,
)
from clouds_edges.server.serve import Address, PortUnavailable, running_server
from tests.server.guests import PATIENCE, SMALL, Guest, House, connections_held, serving


async def answer_to(address: Address, request: bytes, *, hang_up: bool = False) -> bytes:
    """Everything that the server answers to some bytes."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        try:
            writer.write(request)
            await writer.drain()
            if hang_up:
                writer.write_eof()
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: example:1", *headers, "", ""]).encode()


async def test_health_is_answered(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        answer = await answer_to(house.address, get("/healthz"))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"ok\n")


async def test_no_frame_waits_for_the_client_to_acknowledge_the_one_before(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        await house.player("Ann")
        (ours,) = connections_held(house)
        own = ours.transport.get_extra_info("socket")
        assert own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_a_damaged_read_model_is_made_again_while_games_go_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, stream = await house.two_in_a_game()
        assert isinstance(await ann.order(stream, Resign()), Accepted)
        record = await _record(bob)
        assert (record.played, record.won) == (1, 1)
    damaged = tmp_path / "read-models" / "standings.db"
    page = 4096
    with damaged.open("r+b") as file:
        file.seek(page)
        file.write(b"\xff" * (damaged.stat().st_size - page))

    async with serving(tmp_path) as house:
        bob = await house.player(None, bob.token)
        assert isinstance(await bob.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
        async with asyncio.timeout(PATIENCE):
            while await _record(bob) != record:
                await bob.lobby()
        answer = await answer_to(house.address, get("/healthz"))
        assert answer.startswith(b"HTTP/1.1 200 ")


async def _record(guest: Guest) -> RecordIs:
    await guest.say(AskRecord())
    return await guest.next(RecordIs)


@pytest.mark.parametrize("path", ["/", "/index.html", "/%00", "/?token=x"])
async def test_a_browser_is_told_how_to_play(tmp_path: Path, path: str) -> None:
    async with serving(tmp_path) as house:
        answer = await answer_to(house.address, get(path))
        assert answer.startswith(b"HTTP/1.1 426 ")
        assert b"Upgrade: websocket\r\n" in answer
        assert b"clouds-edges play --server ws://example:1" in answer
        assert b"\r\nServer:" not in answer


async def test_a_page_in_a_browser_does_not_get_in(tmp_path: Path) -> None:
    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    async with serving(tmp_path) as house:
        answer = await answer_to(house.address, get("/", *upgrade, "Origin: https://evil.example"))
        assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00" * 1000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000,
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
        get("/", "Host: another", "Upgrade: x", "Upgrade: y"),
        b"\xff" * 70_000,
    ],
    ids=["nothing", "zeros", "TLS", "SSH", "long header", "many headers", "POST", "twice", "ones"],
)
async def test_garbage_on_the_port_harms_nobody(tmp_path: Path, garbage: bytes) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await asyncio.gather(*(answer_to(house.address, garbage, hang_up=True) for _ in range(5)))
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
        assert isinstance(await (await house.guest()).greet("Bob"), Welcome)


async def test_those_who_hang_up_in_the_middle_harm_nobody(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        for number in range(10):
            guest = await house.player(f"Guest {number}")
            await guest.lobby()
            guest.socket.transport.abort()
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def test_a_server_that_stops_says_so_to_everybody(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with running_server("127.0.0.1", 0, tmp_path) as address:
            house = House(address, stack)
            guests = [await house.guest(), await house.player("Ann")]
        for guest in guests:
            assert (await guest.goodbye()).code == CloseCode.STOPPING
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(address.host, address.port)


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnavailable, match=f"127.0.0.1 port {port} .*in use"):
            async with running_server("127.0.0.1", port, tmp_path):
                pass


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "256.256.256.256", ".", "x" * 100])
async def test_an_address_of_another_machine_is_named(tmp_path: Path, host: str) -> None:
    with pytest.raises(PortUnavailable, match="cannot listen on"):
        async with running_server(host, 0, tmp_path):
            pass


@pytest.mark.parametrize("file", ["", "events.db", "tokens.db", "processes.db", "keys.db"])
async def test_data_that_cannot_be_opened_is_named(tmp_path: Path, file: str) -> None:
    """A file is where the folder should be, or a folder where a file should be."""
    data = tmp_path / "data"
    if file:
        (data / file).mkdir(parents=True)
    else:
        data.touch()
    with pytest.raises(StoreUnavailable):
        async with running_server("127.0.0.1", 0, data):
            pass


async def test_the_data_belongs_to_its_owner(tmp_path: Path) -> None:
    async with serving(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


async def test_whoever_may_look_into_the_folder_reads_no_file_of_it(folder_of_all: Path) -> None:
    async with serving(folder_of_all) as house:
        await house.two_in_a_game()
        open_to_all = await asyncio.to_thread(_open_to_all, folder_of_all)
    assert open_to_all == ["heartbeat"]  # a control as well


@pytest.fixture
def folder_of_all(tmp_path: Path) -> Path:
    """A folder that everybody may look into, with a file that everybody may read."""
    tmp_path.chmod(0o755)
    (tmp_path / "keys.db").touch(mode=0o644)
    return tmp_path


def _open_to_all(folder: Path) -> list[str]:
    """The files that not only their owner may read."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if file.stat().st_mode & 0o077]


async def test_tokens_are_not_kept_in_readable_form(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        token = (await house.player("Ann")).token
    assert token.encode() not in await asyncio.to_thread(everything_in, tmp_path)


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "ws://127.0.0.1:80"),
        ("0.0.0.0", "ws://127.0.0.1:80"),  # noqa: S104 - not bound
        ("::", "ws://127.0.0.1:80"),
        ("::1", "ws://[::1]:80"),
        ("example.org", "ws://example.org:80"),
    ],
)
def test_the_url_of_an_address_is_one_to_connect_to(host: str, url: str) -> None:
    assert Address(host, 80).url == url


async def test_a_log_that_is_deleted_takes_no_more_lines_and_is_no_health(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        (tmp_path / "events.db").unlink()

        answer = await ann.order(MAIN_LOBBY, OpenGame(SMALL))

        assert isinstance(answer, Refused)
        assert answer.code == "store_unavailable"
        assert answer.sentence == (
            "nothing is recorded any more, because the event log of the server was deleted, moved "
            "or replaced: tell who runs the server"
        )
        health = await answer_to(house.address, get("/healthz"))
        assert health.startswith(b"HTTP/1.1 503 ")
