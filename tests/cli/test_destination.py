import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clouds_edges.cli.destination import Destination, invited_to, onward_to, server_at
from clouds_edges.cli.trouble import Trouble
from clouds_edges.client.known_keys import KnownKeys
from clouds_edges.client.network import Onward
from clouds_edges.protocol.invites import Fingerprint, Invite, fingerprint_of, format_invite
from clouds_edges.server.certificate import own_identity
from clouds_edges.server.serve import Address, running_server

OTHER = fingerprint_of(b"other")


@pytest.fixture
def known(tmp_path: Path) -> KnownKeys:
    return KnownKeys(tmp_path / "servers.json")


@dataclass
class Asked:
    """Somebody who is asked, and says the same each time."""

    says: bool = False
    questions: list[str] = field(default_factory=list)

    def __call__(self, question: str) -> bool:
        self.questions.append(question)
        return self.says


@asynccontextmanager
async def encrypted(folder: Path) -> AsyncIterator[tuple[Address, Fingerprint]]:
    identity = own_identity(folder)
    async with running_server("127.0.0.1", 0, folder, identity=identity) as address:
        yield address, identity.key


async def test_an_invite_leads_to_the_server_with_its_key(tmp_path: Path, known: KnownKeys) -> None:
    async with encrypted(tmp_path / "data") as (address, key):
        invite = Invite("127.0.0.1", address.port, key, "kx7qpm")
        there = await invited_to(format_invite(invite), known)
        assert there == Destination(address.url, f"key:{key}", address.url, key, "kx7qpm")
        assert known.of(address.url) == key


async def test_an_invite_with_another_key_leads_nowhere(tmp_path: Path, known: KnownKeys) -> None:
    async with encrypted(tmp_path / "data") as (address, _):
        invite = format_invite(Invite("127.0.0.1", address.port, OTHER))
        with pytest.raises(Trouble, match="has another key than the one you know"):
            await invited_to(invite, known)
        assert known.of(address.url) is None


async def test_an_invite_without_a_key_needs_an_authority(tmp_path: Path, known: KnownKeys) -> None:
    async with encrypted(tmp_path / "data") as (address, _):
        invite = format_invite(Invite("127.0.0.1", address.port))
        with pytest.raises(Trouble, match="no authority vouches for the server"):
            await invited_to(invite, known)


async def test_a_new_invite_is_believed_rather_than_what_was_known(
    tmp_path: Path, known: KnownKeys
) -> None:
    async with encrypted(tmp_path / "data") as (address, key):
        known.keep(address.url, OTHER)
        there = await invited_to(format_invite(Invite("127.0.0.1", address.port, key)), known)
        assert there.key == known.of(address.url) == key


async def test_an_invite_to_a_server_that_does_not_encrypt_leads_nowhere(
    tmp_path: Path, known: KnownKeys
) -> None:
    async with running_server("127.0.0.1", 0, tmp_path / "data") as address:
        with pytest.raises(Trouble, match="does not encrypt, so nothing was sent"):
            await invited_to(format_invite(Invite("127.0.0.1", address.port, OTHER)), known)


@pytest.mark.parametrize("text", ["", "ws://here", "edges://", "edges://a b", "edges://\x1b[2J"])
async def test_what_is_no_invite_is_told_in_a_sentence(text: str, known: KnownKeys) -> None:
    with pytest.raises(Trouble, match="is no invite") as trouble:
        await invited_to(text, known)
    assert str(trouble.value).isprintable()


async def test_a_server_on_this_machine_is_known_from_the_first_time(
    tmp_path: Path, known: KnownKeys
) -> None:
    async with encrypted(tmp_path / "data") as (address, key):
        ask = Asked()
        there = await server_at(f"127.0.0.1:{address.port}", known, ask, is_insecure=False)
        assert (there.url, there.key) == (address.url, key)
        assert known.of(address.url) == key
        assert ask.questions == []


async def test_on_this_machine_nothing_has_to_be_encrypted(
    tmp_path: Path, known: KnownKeys
) -> None:
    async with running_server("127.0.0.1", 0, tmp_path / "data") as address:
        for text in (f"127.0.0.1:{address.port}", address.url, f"{address.url}/path"):
            there = await server_at(text, known, Asked(), is_insecure=False)
            assert there == Destination(address.url, address.url, address.url)
        with pytest.raises(Trouble, match="does not encrypt"):
            await server_at(f"wss://127.0.0.1:{address.port}", known, Asked(), is_insecure=False)


async def test_a_new_server_elsewhere_is_shown_before_anything_is_told(
    tmp_path: Path, known: KnownKeys, network_address: str
) -> None:
    identity = own_identity(tmp_path / "data")
    async with running_server(network_address, 0, tmp_path / "data", identity=identity) as address:
        no, yes = Asked(says=False), Asked(says=True)
        with pytest.raises(Trouble, match="nothing was sent"):
            await server_at(address.url, known, no, is_insecure=False)
        assert known.of(address.url) is None
        there = await server_at(address.url, known, yes, is_insecure=False)
        assert there.key == known.of(address.url) == identity.key
        assert identity.key in yes.questions[0]
        again = Asked(says=False)
        assert await server_at(address.url, known, again, is_insecure=False) == there
        assert again.questions == []


async def test_elsewhere_nothing_is_told_without_encryption_unless_one_insists(
    tmp_path: Path, known: KnownKeys, network_address: str
) -> None:
    async with running_server(network_address, 0, tmp_path / "data") as address:
        for text in (address.url, f"{network_address}:{address.port}"):
            with pytest.raises(Trouble, match="everybody on the way could read your token"):
                await server_at(text, known, Asked(says=True), is_insecure=False)
            there = await server_at(text, known, Asked(says=True), is_insecure=True)
            assert (there.url, there.key) == (address.url, None)
            assert there.label == f"{address.url} (not encrypted)"


async def test_an_encrypted_server_is_not_asked_without_encryption(
    tmp_path: Path, known: KnownKeys
) -> None:
    async with encrypted(tmp_path / "data") as (address, _):
        plain = address.url.replace("wss", "ws", 1)
        with pytest.raises(Trouble, match=f"encrypts: play with --server {address.url}"):
            await server_at(plain, known, Asked(), is_insecure=True)


async def test_where_the_app_leads_is_the_same_as_where_an_invite_leads(
    tmp_path: Path, known: KnownKeys
) -> None:
    async with encrypted(tmp_path / "data") as (address, key):
        invite = format_invite(Invite("127.0.0.1", address.port, key))
        assert onward_to(Onward(address.url, key)) == await invited_to(invite, known)


def test_the_app_leads_to_a_server_that_an_authority_vouches_for_or_that_encrypts_nothing() -> None:
    vouched = onward_to(Onward("wss://192.0.2.7:7853"))
    assert (vouched.key, vouched.label) == (None, "wss://192.0.2.7:7853")
    assert vouched.place.invite == Invite("192.0.2.7")
    plain = onward_to(Onward("ws://192.0.2.7:7853"))
    assert plain.label == "ws://192.0.2.7:7853 (not encrypted)"
    assert plain.place.is_exposed


@pytest.mark.parametrize(
    "address", ["ws://a..b", "ws://" + "x" * 300, "ws://no such host", "a\x00"]
)
async def test_a_strange_address_leads_to_a_sentence_that_can_be_shown(
    address: str, known: KnownKeys
) -> None:
    with pytest.raises(Trouble) as trouble:
        await server_at(address, known, Asked(), is_insecure=True)
    assert str(trouble.value).isprintable()


async def test_a_server_that_does_not_answer_is_told(known: KnownKeys) -> None:
    with free_port() as port, pytest.raises(Trouble, match=f"no server answers at .* port {port}"):
        await server_at(f"127.0.0.1:{port}", known, Asked(), is_insecure=False)


@contextmanager
def free_port() -> Iterator[int]:
    """A port that is taken, and on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
