"""A server that announces itself, and who listens: multicast on the loopback, no other network."""

import asyncio
import gc
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import pytest
from zeroconf._dns import DNSPointer
from zeroconf._protocol.outgoing import DNSOutgoing
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from clouds_edges.client.discovery import MOST_SERVERS, LocalNetwork
from clouds_edges.client.heard import HeardServer, NetworkUnheard
from clouds_edges.protocol.announcements import SERVICE_TYPE, Announcement
from clouds_edges.protocol.messages import PROTOCOL_VERSION
from clouds_edges.server.announcing import addresses_of, announced, machine_name
from clouds_edges.server.certificate import OWN, given_identity, own_identity
from clouds_edges.server.serve import Address
from tests.server.multicast import LOOPBACK, needs_multicast

PATIENCE = 20.0
IN_WHICH_ALL_HAVE_CALLED = 3.0
"""Seconds; that the list would have grown in them is known from a list without a limit."""
GOOD = {"protocol": str(PROTOCOL_VERSION), "encrypted": "no"}

_TYPE_PTR, _CLASS_IN, _FLAGS_QR_RESPONSE = 12, 1, 0x8000
"""RFC 1035 sections 3.2.2, 3.2.4 and 4.1.1."""

pytestmark = needs_multicast


@pytest.fixture
def name() -> str:
    """A name that no other test gives to a server at the same time."""
    return f"test-{secrets.token_hex(4)}"


async def until(wanted: Callable[[tuple[HeardServer, ...]], bool]) -> tuple[HeardServer, ...]:
    """Listen until it is like that."""
    async with asyncio.timeout(PATIENCE), aclosing(LocalNetwork(LOOPBACK).heard()) as calls:
        async for servers in calls:
            if wanted(servers):
                return servers
    raise AssertionError


async def heard(name: str) -> HeardServer:
    def named(servers: tuple[HeardServer, ...]) -> list[HeardServer]:
        return [server for server in servers if server.name == name]

    return named(await until(lambda servers: bool(named(servers))))[0]


@asynccontextmanager
async def announcing(*infos: AsyncServiceInfo) -> AsyncIterator[None]:
    """Say that there are these services."""
    network = AsyncZeroconf(LOOPBACK)
    try:
        for info in infos:
            _ = await network.async_register_service(info, cooperating_responders=True)
        yield
    finally:
        await network.async_close()


def service(name: str, properties: dict[str, str], port: int = 7853) -> AsyncServiceInfo:
    return AsyncServiceInfo(
        SERVICE_TYPE,
        f"{name}.{SERVICE_TYPE}",
        port=port,
        properties=properties,
        parsed_addresses=["192.0.2.7"],
    )


async def test_a_server_is_heard_with_its_key_for_as_long_as_it_is_there(
    tmp_path: Path, name: str
) -> None:
    identity = own_identity(tmp_path)
    server = Address("192.0.2.7", 7853, identity)
    calls = LocalNetwork(LOOPBACK).heard()
    async with asyncio.timeout(PATIENCE), aclosing(calls):
        async with announced(server, name=name, interfaces=LOOPBACK):
            found: list[HeardServer] = []
            while not found:
                found = [one for one in await anext(calls) if one.name == name]
            key = Announcement(PROTOCOL_VERSION, is_encrypted=True, key=identity.key)
            assert found == [HeardServer(name, "192.0.2.7", 7853, key)]
        while name in {one.name for one in await anext(calls)}:
            pass


async def test_a_server_that_encrypts_nothing_says_so(name: str) -> None:
    async with announced(Address("192.0.2.7", 1), name=name, interfaces=LOOPBACK):
        found = await heard(name)
    assert found.announcement == Announcement(PROTOCOL_VERSION, is_encrypted=False)


async def test_a_given_certificate_is_not_named(tmp_path: Path, name: str) -> None:
    own_identity(tmp_path)
    given = given_identity(tmp_path / OWN, tmp_path / OWN)
    async with announced(Address("192.0.2.7", 1, given), name=name, interfaces=LOOPBACK):
        found = await heard(name)
    assert found.announcement == Announcement(PROTOCOL_VERSION, is_encrypted=True)


async def test_two_machines_of_the_same_name_are_heard_both(name: str) -> None:
    one, other = Address("192.0.2.7", 1), Address("192.0.2.8", 2)
    async with announced(one, name=name, interfaces=LOOPBACK):
        await heard(name)
        async with announced(other, name=name, interfaces=LOOPBACK):
            assert (await heard(f"{name}-2")).place == "192.0.2.8:2"
            assert (await heard(name)).place == "192.0.2.7:1"


async def test_what_is_no_server_of_ours_is_not_listed(name: str) -> None:
    malformed = [
        service(f"{name} nothing", {}),
        service(f"{name} key", {**GOOD, "key": "\x1b[2J"}),
        service(f"{name} port", GOOD, port=0),
    ]
    async with announcing(*malformed, service(f"{name} good", GOOD)):
        servers = await until(lambda servers: f"{name} good" in {one.name for one in servers})
    assert [one.name for one in servers if one.name.startswith(name)] == [f"{name} good"]


async def test_a_name_that_steers_terminals_is_heard_clean(name: str) -> None:
    async with announcing(service(f"\u202e{name}\x9b2J", GOOD)):
        assert (await heard(f"�{name}�2J")).port == 7853


async def test_a_name_that_no_service_may_have_does_not_end_the_listening(name: str) -> None:
    pointer = DNSPointer(SERVICE_TYPE, _TYPE_PTR, _CLASS_IN, 120, f"\x1b]0;{name}.{SERVICE_TYPE}")
    call = DNSOutgoing(_FLAGS_QR_RESPONSE)
    call.add_answer_at_time(pointer, 0)
    network = AsyncZeroconf(LOOPBACK)
    seen: list[str] = []
    try:
        async with asyncio.timeout(PATIENCE), aclosing(LocalNetwork(LOOPBACK).heard()) as calls:
            for number in (1, 2):
                good = f"{name} {number}"
                async with announcing(service(good, GOOD)):
                    while good not in seen:
                        seen += [one.name for one in await anext(calls) if name in one.name]
                network.zeroconf.async_send(call)
    finally:
        await network.async_close()
    assert set(seen) == {f"{name} 1", f"{name} 2"}


async def test_a_crowd_does_not_grow_the_list_without_end(name: str) -> None:
    crowd = [service(f"{name}-{number}", GOOD) for number in range(2 * MOST_SERVERS)]
    sizes: list[int] = []

    def counted(servers: tuple[HeardServer, ...]) -> bool:
        sizes.append(len(servers))
        return False

    async with announcing(*crowd):
        await until(lambda servers: len(servers) >= MOST_SERVERS)
        with suppress(TimeoutError):
            async with asyncio.timeout(IN_WHICH_ALL_HAVE_CALLED):
                await until(counted)
    assert max(sizes) == MOST_SERVERS


leaves_a_socket = pytest.mark.filterwarnings(
    "ignore:.*socket:pytest.PytestUnraisableExceptionWarning"
)
"""That is what zeroconf does where it cannot begin."""
NO_ADDRESS_OF_OURS = ["198.51.100.1"]


@leaves_a_socket
async def test_where_nobody_can_be_told_the_server_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Address("192.0.2.7", 7853)
    async with asyncio.timeout(PATIENCE), announced(server, interfaces=NO_ADDRESS_OF_OURS):
        while not caplog.records:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.01)
    gc.collect()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "the network is not told of the server" in record.getMessage()


@leaves_a_socket
async def test_where_nobody_can_be_heard_it_is_told() -> None:
    with pytest.raises(NetworkUnheard, match=r"cannot be listened to \(.+\)"):
        await anext(LocalNetwork(NO_ADDRESS_OF_OURS).heard())
    gc.collect()


@pytest.mark.parametrize(
    ("host", "found"), [("127.0.0.1", []), ("::1", []), ("192.0.2.7", ["192.0.2.7"])]
)
def test_others_reach_a_server_where_it_listens(host: str, found: list[str]) -> None:
    assert addresses_of(Address(host, 7853)) == found


def test_a_server_everywhere_is_reached_at_addresses_that_others_understand() -> None:
    ipv4 = addresses_of(Address("0.0.0.0", 7853))  # noqa: S104 - nobody listens
    assert all("." in address and not address.startswith("127.") for address in ipv4)
    assert set(ipv4) <= set(addresses_of(Address("::", 7853)))


def test_the_name_of_the_machine_fits_into_the_dns_with_a_number_behind_it() -> None:
    assert 0 < len(f"{machine_name()}-100".encode()) <= 63
