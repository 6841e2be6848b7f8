import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.protocol.addresses import DEFAULT_PORT
from clouds_edges.protocol.invites import (
    Fingerprint,
    Invite,
    MalformedInvite,
    fingerprint_of,
    format_invite,
    parse_invite,
)

KEY = fingerprint_of(b"a certificate")

hosts = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
    st.sampled_from(["localhost", "games.example.org"]),
)
invites = st.builds(
    Invite,
    hosts,
    st.integers(1, 65535),
    st.none() | st.binary(max_size=8).map(fingerprint_of),
    st.none() | st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=6, max_size=12),
)


@given(invites)
def test_what_is_written_can_be_read(invite: Invite) -> None:
    assert parse_invite(format_invite(invite)) == invite


def test_an_invite_is_one_word_that_no_shell_takes_for_more() -> None:
    invite = format_invite(Invite("192.168.178.105", 7853, KEY, "kx7qpm"))
    assert invite == f"edges://192.168.178.105/{KEY}/kx7qpm"
    assert not set(invite) & set(" ?*[]{}&;|<>()$`\\\"'#!~")


def test_another_port_than_the_usual_is_said() -> None:
    assert format_invite(Invite("::1", 80, KEY)) == f"edges://[::1]:80/{KEY}"
    assert parse_invite(f"edges://here/{KEY}").port == DEFAULT_PORT


def test_a_fingerprint_is_the_beginning_of_the_hash() -> None:
    """RFC 4648 section 6: every letter of base 32 stands for five bits."""
    bits = f"{int(hashlib.sha256(b'a certificate').hexdigest(), 16):0256b}"[:160]
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    assert "".join(letters[int(bits[at : at + 5], 2)] for at in range(0, 160, 5)) == KEY


def test_the_fingerprint_tells_certificates_apart() -> None:
    assert fingerprint_of(b"another") != KEY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ws://192.168.1.5:7853", "an invite begins with edges://"),
        ("", "an invite begins with edges://"),
        ("edges://", "'' is no address"),
        ("edges://:80", "':80' is no address"),
        ("edges://here:99999", "'here:99999' is no address"),
        ("edges://a b", "'a b' is no address"),
        ("edges://ann@here", "'ann@here' is no address"),
        ("edges://here/" + KEY[:-1], "is no key: it has 32 letters and digits"),
        ("edges://here/" + KEY.upper(), "is no key"),
        (f"edges://here/{KEY}/..", "behind the address come the key and the game"),
        (f"edges://here/{KEY}/abc/def", "behind the address come the key and the game"),
        (f"edges://here/{KEY}/\x1b[2J", "behind the address come the key and the game"),
    ],
)
def test_what_is_no_invite_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(MalformedInvite, match=re.escape(reason)):
        parse_invite(text)


@given(st.text(max_size=80) | st.text(max_size=60).map("edges://".__add__))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        invite = parse_invite(text)
    except MalformedInvite:
        return
    assert parse_invite(format_invite(invite)) == invite


def test_a_key_that_a_text_claims_is_taken_as_it_is() -> None:
    assert parse_invite(f"edges://here/{'a' * 32}").key == Fingerprint("a" * 32)
