"""The benchmarks speak the protocol of this day; what they measure is not judged here."""

from tests.benchmarks import start_figures
from tests.benchmarks.line_path import BOARD, measure, our_tables


async def test_a_table_is_played_to_its_end_on_a_real_server() -> None:
    async with our_tables(1) as tables:
        measured = await measure(tables, None)
    (table,) = tables
    assert table.position.is_over
    assert len(table.latencies) == len(BOARD.lines)
    assert measured.lines_a_second > 0


def test_a_server_starts_on_a_log_made_for_it() -> None:
    assert [figure.measured.split()[1] for figure in start_figures.measure(2000)] == ["s,", "s"]
