from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine

from clouds_edges.eventsourcing.rows import find, replace

NUMBERS = Table("numbers", MetaData(), Column("n", Integer, primary_key=True), Column("m", Integer))


@pytest.fixture
def rows() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        NUMBERS.create(connection)
        yield connection
    engine.dispose()


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1700])
def test_rows_are_found_and_replaced_however_many_they_are(rows: Connection, count: int) -> None:
    keys = range(count)
    replace(rows, NUMBERS.c.n, keys, [{"n": n, "m": 0} for n in range(2000)])
    replace(rows, NUMBERS.c.n, keys, [{"n": n, "m": 1} for n in keys])
    assert sorted(row["n"] for row in find(rows, NUMBERS.c.m, [1])) == [*keys]
    found = find(rows, NUMBERS.c.n, [*keys, 5000])
    assert sorted((row["n"], row["m"]) for row in found) == [(n, 1) for n in keys]


def test_rows_can_be_taken_away(rows: Connection) -> None:
    replace(rows, NUMBERS.c.n, [], [{"n": n, "m": 0} for n in range(3)])
    replace(rows, NUMBERS.c.n, [1], [])
    assert [row["n"] for row in find(rows, NUMBERS.c.m, [0])] == [0, 2]
