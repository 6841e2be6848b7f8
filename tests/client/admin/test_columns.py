"""Columns that fit, whatever the room."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from clouds_edges.client.admin.columns import Column, fitting_widths, line_of, shortened
from clouds_edges.client.admin.words import EVENT_COLUMNS

TWO = (Column("name", least=4), Column("error", least=6, rank=1))


def test_columns_are_as_wide_as_what_is_in_them_where_there_is_room() -> None:
    assert fitting_widths(TWO, [("players", "none")], room=80) == (7, 5)


def test_the_widest_column_gives_way_first() -> None:
    assert fitting_widths(TWO, [("players", "x" * 50)], room=30) == (7, 21)
    assert fitting_widths(TWO, [("x" * 50, "players")], room=30) == (21, 7)


def test_of_columns_as_wide_the_one_of_the_highest_rank_gives_way() -> None:
    assert fitting_widths(TWO, [("x" * 20, "y" * 20)], room=41) == (20, 19)


def test_who_did_it_is_seen_whole_while_there_is_room_for_data() -> None:
    cells = ("112", "07-01 12:00:00", "game/n10mx647wbrm", "14", "game_ended", "forget-player")
    widths = fitting_widths(EVENT_COLUMNS, [(*cells, "x" * 200)], room=157)
    assert widths[:-1] == tuple(map(len, cells))
    assert widths[-1] > 60


def test_the_column_of_the_highest_rank_is_left_out_rather_than_too_narrow_to_read() -> None:
    assert fitting_widths(TWO, [("players", "x" * 50)], room=11) == (7, 0)
    assert fitting_widths(TWO[::-1], [("x" * 50, "players")], room=11) == (0, 7)


def test_what_does_not_fit_is_marked() -> None:
    widths = fitting_widths(TWO, [("players", "no such table")], room=17)
    assert line_of(("players", "no such table"), TWO, widths, "…") == "players  no such…"


def test_numbers_stand_on_the_right() -> None:
    columns = (Column("at", is_right=True),)
    assert line_of(("7",), columns, (4,), "…") == "   7"


def test_wide_characters_count_as_two_cells() -> None:
    assert cell_len(shortened("漢字漢字", 5, "…")) <= 5


@given(
    st.lists(st.lists(st.text(), min_size=7, max_size=7), max_size=4),
    st.integers(min_value=1, max_value=200),
)
def test_no_line_is_wider_than_the_room(rows: list[list[str]], room: int) -> None:
    widths = fitting_widths(EVENT_COLUMNS, rows, room)
    for row in rows:
        assert cell_len(line_of(row, EVENT_COLUMNS, widths, "…")) <= room
