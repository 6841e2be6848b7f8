import pytest

from clouds_edges.application.projections.paging import (
    MOST_ROWS,
    Page,
    UnknownCursor,
    checked_limit,
    format_cursor,
    page_of,
    parse_cursor,
)


def test_a_page_ends_with_the_cursor_of_the_next() -> None:
    page = page_of([(9, "i"), (7, "g"), (4, "d")], limit=2)
    assert page.rows == ("i", "g")
    assert page.next is not None
    assert parse_cursor(page.next) == 7


@pytest.mark.parametrize("found", [[], [(9, "i")], [(9, "i"), (7, "g")]])
def test_the_last_page_has_no_cursor(found: list[tuple[int, str]]) -> None:
    assert page_of(found, limit=2) == Page(tuple(row for _, row in found), None)


@pytest.mark.parametrize("place", [0, 1, 4711, 2**63 - 1])
def test_a_cursor_is_read_as_it_was_written(place: int) -> None:
    assert parse_cursor(format_cursor(place)) == place


@pytest.mark.parametrize(
    "cursor",
    ["", "7", "0" * 17, "000000000000000G", "-000000000000001", "f" * 16, "0x00000000000001"],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(UnknownCursor, match="is no cursor: take it from the page before"):
        parse_cursor(cursor)


@pytest.mark.parametrize(("asked", "given"), [(-3, 1), (0, 1), (20, 20), (10**9, MOST_ROWS)])
def test_pages_have_a_length_within_reason(asked: int, given: int) -> None:
    assert checked_limit(asked) == given
