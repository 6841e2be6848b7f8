from ipaddress import ip_interface

import pytest

from clouds_edges.client.heard import HeardServer, heard_server, nearest
from clouds_edges.protocol.announcements import Announcement, MalformedAnnouncement
from clouds_edges.protocol.interfaces import Interface, is_for_others

OURS = tuple(ip_interface(text) for text in ("192.168.1.5/24", "172.17.0.1/16", "2001:db8:1::5/64"))
SAID: dict[bytes, bytes | None] = {b"protocol": b"3", b"encrypted": b"yes"}


def heard(
    name: str, addresses: tuple[str, ...] = ("192.168.1.7",), port: int = 7853
) -> HeardServer:
    return heard_server(name, addresses, port, SAID, OURS)


def test_a_server_is_listed_by_its_name_and_where_it_is() -> None:
    server = heard("thinkpad")
    assert server == HeardServer(
        "thinkpad", "192.168.1.7", 7853, Announcement(3, is_encrypted=True)
    )
    assert (server.place, server.url) == ("192.168.1.7", "wss://192.168.1.7:7853")


def test_a_name_is_clean_and_short_whatever_was_announced() -> None:
    assert heard("\x1b]52;c;aGk=\x07\u202eevil\n").name == "�]52;c;aGk=��evil�"
    assert heard("x" * 5000).name == "x" * 23 + "…"


@pytest.mark.parametrize(
    ("addresses", "chosen"),
    [
        (("203.0.113.7", "192.168.1.7"), "192.168.1.7"),
        (("172.17.0.1", "192.168.1.7"), "192.168.1.7"),
        (("172.17.0.1", "203.0.113.7"), "203.0.113.7"),
        (("2001:db8:1::7", "192.168.1.7"), "192.168.1.7"),
        (("2001:db8:1::7", "203.0.113.7"), "2001:db8:1::7"),
        (("127.0.0.1", "fe80::7", "169.254.1.2"), "169.254.1.2"),
        (("192.168.1.5", "172.17.0.1"), "192.168.1.5"),
    ],
)
def test_of_several_addresses_the_one_is_taken_by_which_to_reach_it(
    addresses: tuple[str, ...], chosen: str
) -> None:
    assert nearest(addresses, OURS) == chosen


@pytest.mark.parametrize(
    "addresses",
    [(), ("127.0.0.1",), ("::1",), ("0.0.0.0",), ("224.0.0.251",), ("fe80::7",)],  # noqa: S104 - what is sent
)
def test_who_says_to_be_where_nobody_can_be_is_not_listed(addresses: tuple[str, ...]) -> None:
    with pytest.raises(MalformedAnnouncement):
        heard("nowhere", addresses)


def test_who_names_no_port_is_not_listed() -> None:
    with pytest.raises(MalformedAnnouncement, match="no port"):
        heard("mute", port=0)


@pytest.mark.parametrize(
    ("address", "is_so"),
    [("192.168.1.5/24", True), ("127.0.0.1/8", False), ("fe80::5/64", False), ("fd00::5/64", True)],
)
def test_addresses_that_only_this_machine_understands_are_not_for_others(
    address: str,
    is_so: bool,  # noqa: FBT001 - a column of the table
) -> None:
    one: Interface = ip_interface(address)
    assert is_for_others(one) is is_so
