from typing import Final

import pytest

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, chain_hash
from clouds_edges.eventsourcing.codec import Encoded

_ENCODED: Final = Encoded("turned_on", 1, b"{}")
_EVENT: Final = (EMPTY_HEAD, "lamp/hall", 1, _ENCODED, 1_000_000, "ann", "first", "lamp/attic@7")


def test_the_hash_is_what_the_docstring_says() -> None:
    """Computed with sha256sum over 32 zero bytes and the netstrings."""
    expected = "2755659385c45224df7f66d2a55631cc98b21542df7aa1f03d108afb9c6ced82"
    assert chain_hash(*_EVENT).hex() == expected


@pytest.mark.parametrize(
    ("place", "other"),
    [
        (0, bytes(31) + b"\x01"),
        (1, "lamp/hal"),
        (2, 2),
        (3, Encoded("turned_off", 1, b"{}")),
        (3, Encoded("turned_on", 2, b"{}")),
        (3, Encoded("turned_on", 1, b"{ }")),
        (4, 1_000_001),
        (5, "bob"),
        (6, "second"),
        (7, "lamp/attic@8"),
        (7, ""),
        (7, None),
    ],
)
def test_a_change_in_any_field_changes_the_hash(place: int, other: object) -> None:
    changed = [*_EVENT[:place], other, *_EVENT[place + 1 :]]
    assert chain_hash(*changed) != chain_hash(*_EVENT)  # type: ignore[arg-type]  # one differs


def test_no_cause_is_not_an_empty_one() -> None:
    with_none = chain_hash(EMPTY_HEAD, "lamp/hall", 1, _ENCODED, 0, "ann", "first", None)
    with_empty = chain_hash(EMPTY_HEAD, "lamp/hall", 1, _ENCODED, 0, "ann", "first", "")
    assert with_none != with_empty


def test_characters_cannot_move_from_one_field_to_the_next() -> None:
    one = chain_hash(EMPTY_HEAD, "lamp/hall", 1, _ENCODED, 0, "ann", "1first", None)
    other = chain_hash(EMPTY_HEAD, "lamp/hall", 1, _ENCODED, 0, "ann1", "first", None)
    assert one != other
