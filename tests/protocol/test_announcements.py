import pytest

from clouds_edges.protocol.announcements import (
    Announcement,
    MalformedAnnouncement,
    format_properties,
    parse_properties,
)
from clouds_edges.protocol.invites import fingerprint_of

KEY = fingerprint_of(b"a certificate")
GOOD: dict[bytes, bytes | None] = {b"protocol": b"3", b"encrypted": b"yes"}


@pytest.mark.parametrize(
    "announcement",
    [
        Announcement(3, is_encrypted=True, key=KEY),
        Announcement(3, is_encrypted=True),
        Announcement(999_999, is_encrypted=False),
    ],
)
def test_an_announcement_is_read_as_it_was_written(announcement: Announcement) -> None:
    properties = format_properties(announcement)
    read = parse_properties({name.encode(): text.encode() for name, text in properties.items()})
    assert read == announcement


def test_what_later_versions_say_as_well_is_left_aside() -> None:
    assert parse_properties({**GOOD, b"more": b"x", b"flag": None}) == parse_properties(GOOD)


@pytest.mark.parametrize(
    "wrong",
    [
        {b"protocol": None},
        {b"protocol": b""},
        {b"protocol": b"-1"},
        {b"protocol": b"9" * 5000},
        {b"protocol": "٣".encode()},
        {b"encrypted": None},
        {b"encrypted": b"perhaps"},
        {b"encrypted": b"\xff"},
        {b"key": b""},
        {b"key": b"\x1b]52;c;\x07"},
        {b"key": KEY.upper().encode()},
        {b"key": KEY.encode() + b"\n"},
    ],
)
def test_what_no_server_of_ours_says_is_refused(wrong: dict[bytes, bytes | None]) -> None:
    with pytest.raises(MalformedAnnouncement):
        parse_properties({**GOOD, **wrong})
