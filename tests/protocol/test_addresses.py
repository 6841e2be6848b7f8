import pytest

from clouds_edges.protocol.addresses import (
    MalformedAddress,
    format_host_and_port,
    is_loopback,
    parse_host_and_port,
    url_of,
)


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("here", 80, "here:80"),
        ("here", 7853, "here"),
        ("::1", 7853, "[::1]"),
        ("::1", 80, "[::1]:80"),
        ("192.168.1.5", 1, "192.168.1.5:1"),
    ],
)
def test_an_address_is_written_and_read(host: str, port: int, text: str) -> None:
    assert format_host_and_port(host, port) == text
    assert parse_host_and_port(text) == (host, port)


@pytest.mark.parametrize(
    "text", ["", ":80", "a..b", "here:0x", "[::1", "here/there", "a\x00", "a?b"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(MalformedAddress, match=r"is no address: write one as 192\.168\.1\.5:7853"):
        parse_host_and_port(text)


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - not bound
        ("192.168.1.5", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_only_loopback_stays_on_this_machine(host: str, *, is_here: bool) -> None:
    assert is_loopback(host) is is_here


def test_the_url_says_whether_it_is_encrypted() -> None:
    assert url_of("::1", 80, is_encrypted=True) == "wss://[::1]:80"
    assert url_of("here", 7853, is_encrypted=False) == "ws://here:7853"
