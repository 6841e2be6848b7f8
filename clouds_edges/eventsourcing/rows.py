"""Rows of a read model by a key: found, and replaced, in the same words for every database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import delete, insert

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection

Row: TypeAlias = dict[str, Any]
"""The values of a row by the names of its columns."""

_AT_ONCE: Final = 500
"""How many keys a statement asks for; SQLite takes 999 values in its older versions."""


def find(rows: Connection, column: Column[Any], keys: Collection[object]) -> list[Row]:
    """The rows of a table in which this column has one of these values."""
    return [
        dict(row)
        for some in _some_at_once(keys)
        for row in rows.execute(column.table.select().where(column.in_(some))).mappings()
    ]


def replace(
    rows: Connection,
    column: Column[Any],
    keys: Collection[object],
    values: Sequence[Mapping[str, object]],
) -> None:
    """Put these rows in the place of those in which this column has one of these values."""
    for some in _some_at_once(keys):
        rows.execute(delete(column.table).where(column.in_(some)))
    if values:
        rows.execute(insert(column.table), list(values))


def _some_at_once(keys: Collection[object]) -> Iterator[list[object]]:
    wanted = list(keys)
    for begin in range(0, len(wanted), _AT_ONCE):
        yield wanted[begin : begin + _AT_ONCE]
