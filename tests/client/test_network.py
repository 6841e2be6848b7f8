"""From one server to another: who is entered, who is asked about, and who is not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clouds_edges.client.heard import HeardServer
from clouds_edges.client.network import NotEntered, Onward, Stranger
from clouds_edges.protocol.invites import Fingerprint, fingerprint_of
from clouds_edges.server.certificate import own_identity
from clouds_edges.server.serve import Address, running_server
from tests.client.neighbours import neighbour, network_of

OTHER = fingerprint_of(b"other")


@pytest.fixture
async def at_work(tmp_path: Path) -> AsyncIterator[Address]:
    """A server that encrypts."""
    identity = own_identity(tmp_path)
    async with running_server("127.0.0.1", 0, tmp_path, identity=identity) as address:
        yield address


def heard(address: Address, key: Fingerprint | None = None) -> HeardServer:
    return neighbour(host=address.host, port=address.port, key=key)


async def test_a_new_server_is_a_stranger_until_somebody_has_looked_at_its_key(
    tmp_path: Path, at_work: Address
) -> None:
    network, _ = network_of(tmp_path)
    stranger = await network.approach(heard(at_work, at_work.key))
    assert stranger == Stranger(at_work.url, own_identity(tmp_path).key)
    assert network.known.of(at_work.url) is None
    onward = Onward(at_work.url, at_work.key)
    assert network.befriend(stranger) == onward
    assert await network.approach(heard(at_work)) == onward


async def test_the_key_in_an_announcement_is_no_proof(tmp_path: Path, at_work: Address) -> None:
    network, _ = network_of(tmp_path)
    with pytest.raises(NotEntered, match=f"but shows {at_work.key}"):
        await network.approach(heard(at_work, OTHER))


async def test_who_is_known_by_another_key_is_not_entered_whatever_is_announced(
    tmp_path: Path, at_work: Address
) -> None:
    network, _ = network_of(tmp_path)
    network.known.keep(at_work.url, OTHER)
    for announced in (None, OTHER, at_work.key):
        with pytest.raises(NotEntered, match="has another key than the one you know"):
            await network.approach(heard(at_work, announced))


async def test_what_is_not_encrypted_is_entered_by_those_who_insist_only(tmp_path: Path) -> None:
    plain = neighbour(is_encrypted=False)
    careful, _ = network_of(tmp_path)
    with pytest.raises(NotEntered, match="play with --insecure"):
        await careful.approach(plain)
    careless, _ = network_of(tmp_path, may_be_plain=True)
    assert await careless.approach(plain) == Onward("ws://192.0.2.7:7853")


@pytest.mark.parametrize(
    ("protocol", "who"), [(2, "thinkpad"), (4, "your clouds-edges"), (999_999, "your clouds-edges")]
)
async def test_who_speaks_another_protocol_is_not_entered(
    tmp_path: Path, protocol: int, who: str
) -> None:
    network, _ = network_of(tmp_path)
    with pytest.raises(NotEntered, match=f"update needed, of {who}"):
        await network.approach(neighbour(protocol=protocol))


async def test_who_has_gone_is_told(tmp_path: Path) -> None:
    network, _ = network_of(tmp_path)
    nobody = neighbour(host="127.0.0.1", port=1)
    with pytest.raises(NotEntered, match="thinkpad does not answer"):
        await network.approach(nobody)


async def test_keys_that_cannot_be_read_are_no_reason_to_trust(
    tmp_path: Path, at_work: Address
) -> None:
    network, _ = network_of(tmp_path)
    network.known.path.write_text("damaged")
    with pytest.raises(NotEntered, match="mend it, or move it away"):
        await network.approach(heard(at_work))
    with pytest.raises(NotEntered, match="mend it, or move it away"):
        network.befriend(Stranger(at_work.url, OTHER))
