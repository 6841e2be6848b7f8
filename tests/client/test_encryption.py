"""Fault F27 (another key at a known address), and what is promised of encryption."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from clouds_edges.client.admin_connection import AdminConnection, NoServer, read_access
from clouds_edges.client.connection import (
    KEY_DIFFERS,
    Connection,
    GreetingRefused,
    StatusChanged,
)
from clouds_edges.client.encryption import key_at
from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.protocol.admin import ShowSystem
from clouds_edges.protocol.invites import Fingerprint
from clouds_edges.server.certificate import Identity, own_identity
from clouds_edges.server.serve import Address, running_server
from tests.client.persons import PATIENCE, Person, person
from tests.server.guests import new_token


@dataclass(slots=True)
class Impostor:
    """A server that lets everybody in on the socket, and writes down what it is told."""

    identity: Identity
    port: int = 0
    visits: int = 0
    heard: list[str | bytes] = field(default_factory=list)
    spoken_to: asyncio.Event = field(default_factory=asyncio.Event)
    visited: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        async with serve(self._listen, "127.0.0.1", 0, ssl=self.identity.tls) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield

    async def _listen(self, socket: ServerConnection) -> None:
        self.visits += 1
        try:
            async for frame in socket:
                self.heard.append(frame)
                self.spoken_to.set()
        finally:
            self.visited.set()


@pytest.fixture
async def impostor(tmp_path: Path) -> AsyncIterator[Impostor]:
    fake = Impostor(own_identity(tmp_path / "impostor"))
    async with fake.serving():
        yield fake


@asynccontextmanager
async def encrypted_server(folder: Path) -> AsyncIterator[Address]:
    async with running_server("127.0.0.1", 0, folder, identity=own_identity(folder)) as address:
        yield address


def connection_knowing(url: str, key: Fingerprint | None, token: str) -> Connection:
    return Connection(url, token, "Ann", key=key, new_id=lambda: CommandId("1"))


async def test_who_knows_the_key_plays_encrypted(tmp_path: Path) -> None:
    async with encrypted_server(tmp_path) as address:
        assert address.url == f"wss://127.0.0.1:{address.port}"
        async with person(address.url, "Ann", key=address.key) as ann:
            await ann.online()
            assert ann.connection.player is not None


async def test_a_server_with_another_key_hears_nothing(tmp_path: Path, impostor: Impostor) -> None:
    known = own_identity(tmp_path).key
    token = new_token()
    connection = connection_knowing(f"wss://127.0.0.1:{impostor.port}", known, token)
    with pytest.raises(GreetingRefused, match="has another key than the one you know") as refused:
        await connection.run()
    assert refused.value.code == KEY_DIFFERS
    assert known in refused.value.sentence
    assert impostor.identity.key in refused.value.sentence
    async with asyncio.timeout(PATIENCE):
        await impostor.visited.wait()
    assert impostor.visits == 1
    assert impostor.heard == []


async def test_control_without_a_check_the_token_leaves(impostor: Impostor) -> None:
    token = new_token()
    url = f"wss://127.0.0.1:{impostor.port}"
    connection = connection_knowing(url, impostor.identity.key, token)
    running = asyncio.create_task(connection.run())
    async with asyncio.timeout(PATIENCE):
        await impostor.spoken_to.wait()
    running.cancel()
    assert token in str(impostor.heard[0])


async def test_a_certificate_that_nobody_vouches_for_is_not_taken_without_its_key(
    impostor: Impostor,
) -> None:
    connection = connection_knowing(f"wss://127.0.0.1:{impostor.port}", None, new_token())
    one = Person(connection)
    running = asyncio.create_task(connection.run())
    said = await one.next(StatusChanged)
    running.cancel()
    assert "self-signed certificate" in said.sentence
    assert impostor.heard == []


async def test_a_server_that_does_not_encrypt_is_not_the_one_with_the_key(tmp_path: Path) -> None:
    async with running_server("127.0.0.1", 0, tmp_path) as plain:
        connection = connection_knowing(plain.url, own_identity(tmp_path).key, new_token())
        with pytest.raises(GreetingRefused, match="it shows none"):
            await connection.run()


async def test_the_key_of_a_server_can_be_asked_for(tmp_path: Path) -> None:
    async with encrypted_server(tmp_path) as address:
        assert await key_at("127.0.0.1", address.port) == address.key


async def test_the_operator_of_an_encrypted_server_is_let_in(tmp_path: Path) -> None:
    async with (
        encrypted_server(tmp_path),
        AdminConnection(lambda: read_access(tmp_path)) as operator,
    ):
        assert (await operator.ask(ShowSystem())).operators == 1


async def test_the_operator_tells_nothing_to_another_server(
    tmp_path: Path, impostor: Impostor
) -> None:
    async with encrypted_server(tmp_path):
        known = read_access(tmp_path)
    wrong = known.model_copy(update={"url": f"wss://127.0.0.1:{impostor.port}"})
    async with AdminConnection(lambda: wrong) as operator:
        with pytest.raises(NoServer, match="has another key"):
            await operator.ask(ShowSystem())
    assert impostor.heard == []
