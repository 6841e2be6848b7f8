"""A file is read as it was written, or refused with the line and the reason."""

import re
from dataclasses import replace
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.eventsourcing.errors import LogFileRefused, StoreDamaged
from clouds_edges.eventsourcing.log_file import LONGEST_LINE, VERSION, LogFileReader
from tests.eventsourcing.log_files import (
    HISTORY,
    Histories,
    all_of,
    changed,
    exported,
    histories,
    recorded_log,
    written,
)

KEYS: Final = [("ann", bytes(32)), ("☁", bytes(range(32)))]
FILE: Final = exported(recorded_log(HISTORY))
WITH_KEYS: Final = exported(recorded_log(HISTORY), keys=KEYS)
_GOLDEN: Final = Path(__file__).parents[1] / "golden" / "log_files"
LINES: Final = FILE.splitlines(keepends=True)


def read(file: bytes) -> int:
    """Read all of a file; returns how many entries are in it."""
    return len(list(LogFileReader(BytesIO(file), "a.log").entries()))


def refused(file: bytes) -> str:
    with pytest.raises(LogFileRefused) as caught:
        read(file)
    assert str(caught.value) == f"a.log, line {caught.value.line}: {caught.value.reason}"
    return f"{caught.value.line}: {caught.value.reason}"


def test_a_file_is_a_line_an_event_between_a_first_and_a_last_line() -> None:
    first, *events, last = FILE.decode().splitlines()
    assert re.fullmatch(
        r'\{"format":"event-log","version":1,"after":0,"follows":null,"check":"[0-9a-f]{16}"\}',
        first,
    )
    assert re.fullmatch(
        r'\{"position":1,"stream":"lamp/hall","version":1,"kind":"turned_on","schema":1,'
        r'"at":1782907200123456,"by":"ann","command":"0","cause":"lamp/hall@1",'
        r'"hash":"[0-9a-f]{64}","body":null,"data":\{"kind":"turned_on"\},"check":"[0-9a-f]{16}"\}',
        events[0],
    )
    assert len(events) == 4
    assert re.fullmatch(r'\{"events":4,"last":4,"sha256":"[0-9a-f]{64}"\}', last)


def test_a_file_of_every_released_version_is_read() -> None:
    """Released files are never changed; the newest is as this program writes it."""
    files = sorted(_GOLDEN.glob("*.jsonl"))
    assert [file.name for file in files] == [f"{n}.jsonl" for n in range(1, VERSION + 1)]
    assert [read(file.read_bytes()) for file in files] == [4] * VERSION
    assert files[-1].read_bytes() == FILE


@given(histories)
def test_what_is_read_is_what_was_written(commands: Histories) -> None:
    log = recorded_log(commands)
    reader = LogFileReader(BytesIO(exported(log)), "a.log")
    assert list(reader.entries()) == all_of(log)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=32, max_size=32)
    )
)
def test_keys_stand_behind_the_events(keys: dict[str, bytes]) -> None:
    log = recorded_log(HISTORY)
    reader = LogFileReader(BytesIO(exported(log, keys=keys.items())), "a.log")
    assert list(reader.entries()) == all_of(log)
    assert dict(reader.keys) == keys


def test_a_key_is_a_line() -> None:
    assert re.fullmatch(
        r'\{"owner":"ann","key":"0{64}","check":"[0-9a-f]{16}"\}',
        WITH_KEYS.decode().splitlines()[5],
    )


@given(place=st.integers(0, len(FILE) - 1), new=st.binary(max_size=1), insert=st.booleans())
def test_a_change_of_one_character_is_refused(place: int, new: bytes, *, insert: bool) -> None:
    file = FILE[:place] + new + FILE[place if insert else place + 1 :]
    if file == FILE:
        assert read(file) == 4  # the control
    else:
        refused(file)


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_is_refused_wherever_it_is(bit: int) -> None:
    for place in range(len(WITH_KEYS)):
        flipped = bytes([WITH_KEYS[place] ^ 1 << bit])
        message = refused(WITH_KEYS[:place] + flipped + WITH_KEYS[place + 1 :])
        line = int(message.partition(":")[0])
        assert line == WITH_KEYS[:place].count(b"\n") + 1
    assert read(WITH_KEYS) == 4  # the control


def test_a_file_that_is_cut_off_is_refused_wherever_it_ends() -> None:
    for length in range(len(WITH_KEYS)):
        assert re.fullmatch(
            r"\d: (is cut off|is missing: the file is cut off)", refused(WITH_KEYS[:length])
        )
    assert read(WITH_KEYS) == 4  # the control


def test_two_lines_in_another_order_are_refused() -> None:
    for one, other in combinations(range(len(WITH_KEYS.splitlines())), 2):
        lines = WITH_KEYS.splitlines(keepends=True)
        lines[one], lines[other] = lines[other], lines[one]
        refused(b"".join(lines))
    assert read(b"".join(LINES)) == 4  # the control


@pytest.mark.parametrize("place", range(len(LINES)))
def test_a_line_that_is_missing_or_doubled_is_refused(place: int) -> None:
    refused(b"".join(LINES[:place] + LINES[place + 1 :]))
    refused(b"".join([*LINES[: place + 1], *LINES[place:]]))


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "1: is missing: the file is cut off"),
        (b"Dear diary,\n", "1: is not the first line of a log file"),
        (b"[" * 100_000 + b"\n", "1: is not the first line of a log file"),
        (b"{}\n", "1: is not the first line of a log file"),
        (LINES[1], "1: is not the first line of a log file"),
        (FILE + b"\n", "7: comes behind the end"),
        (FILE + FILE, "7: comes behind the end"),
        (
            changed(FILE, 1, b'"version":1', b'"version":2'),
            "1: is of version 2 of the format, and this program reads up to 1: use a newer one",
        ),
        (
            changed(FILE, 1, b'"version":1', b'"version":0'),
            "1: is of version 0 of the format, and there is none",
        ),
        (
            LINES[0] + LINES[2],
            "2: is event 2 where 1 comes next: lines are missing, doubled or in another order",
        ),
        (FILE.replace(b'"ann"', b'"bob"', 1), "2: was changed after it was written"),
        (FILE.replace(b"\xc3\x9c", b"\xc3\xc3"), "4: is not UTF-8"),
        (LINES[0] + b"x" * (LONGEST_LINE + 1), f"2: is longer than {LONGEST_LINE} bytes"),
        (LINES[0] + b"x\n", "2: is no event: Invalid JSON: "),
        (changed(FILE, 2, b'"schema":1', b'"schema":"1"'), "2: is no event: schema: Input should"),
        (changed(FILE, 3, b'"at":17', b'"at":9999917'), "3: is no event: at: Input should be less"),
        (changed(FILE, 3, b'"cause"', b'"reason"'), "3: is no event: cause: Field required"),
        (
            changed(WITH_KEYS, 6, b'"key":"00', b'"key":"0x'),
            "6: is no key: key: String should match pattern",
        ),
        (
            FILE.replace(b'"last":4', b'"last":5'),
            "6: does not fit the lines before it: the file was changed or cut",
        ),
    ],
)
def test_a_refusal_says_where_and_why(file: bytes, reason: str) -> None:
    assert refused(file).startswith(reason)


def test_the_helper_that_changes_a_line_keeps_a_file_readable() -> None:
    """A control of the test above."""
    assert read(changed(FILE, 2, b'"ann"', b'"bob"')) == 4


def test_an_event_that_is_no_line_is_not_written() -> None:
    (entry, *_) = all_of(recorded_log(HISTORY))
    for data in (b'{"kind":\n"turned_on"}', b"x" * LONGEST_LINE):
        with pytest.raises(StoreDamaged, match="lamp/hall@1 cannot be written as a line"):
            written([replace(entry, encoded=replace(entry.encoded, data=data))])
    assert read(written([entry])) == 1
