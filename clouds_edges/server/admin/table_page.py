"""One page of a SQLite table, in the order of a key; from row to row, not by counting.

A cursor is sealed with a secret of this run of the server: nobody can make one up, and what a
hidden column holds cannot be read out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from cryptography.fernet import Fernet, InvalidToken
from pydantic_core import from_json, to_json

from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.protocol.admin_answers import RowsPage

if TYPE_CHECKING:
    from pydantic import JsonValue

    from clouds_edges.protocol.admin import ShowRows

Value: TypeAlias = int | float | str | bytes | None
Row: TypeAlias = tuple[Value, ...]

_LONGEST_SHOWN: Final = 4000
"""Characters of one value."""
_LAST_CHARACTER: Final = "\U0010ffff"
_HIDDEN: Final = "hidden"
_ELLIPSIS: Final = "…"


class BadCursor(Refused):
    """The page is not one of this table, or the table has no key that a prefix could fit."""

    code = "bad_cursor"


class Reading(Protocol):
    """What APSW and the standard library's module have in common."""

    def execute(self, sql: str, values: Sequence[Value] = ..., /) -> Iterable[Row]:
        """Run a statement."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and the columns whose order its pages have; some columns may be secret."""

    file: str
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    secret: frozenset[str]

    def key_of(self, row: Row) -> list[Value]:
        """Where a row stands in the order."""
        return [row[self.columns.index(column)] for column in self.key]

    def shown(self, row: Row) -> tuple[JsonValue, ...]:
        """A row as operators may see it."""
        return tuple(
            _HIDDEN if column in self.secret else _shown(value)
            for column, value in zip(self.columns, row, strict=True)
        )


def table_names(reading: Reading) -> list[str]:
    """The tables of a file, without SQLite's own."""
    sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
    return sorted(str(name) for (name,) in reading.execute(sql))


def table_in(
    reading: Reading, file: str, name: str, secret: frozenset[str], *, needs_text: bool
) -> Table:
    """A table by its primary key, or by the first of its keys that begins with a text.

    Raises:
        BadCursor: None does.
    """
    described = list(
        reading.execute('SELECT name, type, pk, "notnull" FROM pragma_table_info(?)', (name,))
    )
    columns = tuple(str(column) for column, *_ in described)
    texts = {column for column, a_type, *_ in described if _is_text(str(a_type))}
    for key in _keys(reading, name, described):
        if not needs_text or key[0] in texts:
            return Table(file, name, columns, key, secret)
    message = f"no key of {name} begins with a text: leave the prefix out"
    raise BadCursor(message)


def _keys(reading: Reading, name: str, described: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The primary key, or without one all columns; then the other keys, if they have no holes."""
    primary = sorted((int(pk or 0), str(column)) for column, _, pk, _ in described if pk)
    yield tuple(column for _, column in primary) or tuple(str(column) for column, *_ in described)
    sure = {column for column, _, pk, is_sure in described if pk or is_sure}
    sql = "SELECT name FROM pragma_index_list(?) WHERE \"unique\" AND origin <> 'pk' ORDER BY seq"
    for (index,) in list(reading.execute(sql, (name,))):
        info = reading.execute("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,))
        key = tuple(column for (column,) in info)
        if sure.issuperset(key):
            yield tuple(map(str, key))


def _is_text(declared: str) -> bool:
    return "TEXT" in declared or "CHAR" in declared


@dataclass(frozen=True, slots=True)
class _Place:
    """The row at which a page ends, and whether the page wanted is the one before."""

    key: list[Value]
    is_before: bool


class Pages:
    """Reads pages, and seals their cursors."""

    def __init__(self) -> None:
        self._seal = Fernet(Fernet.generate_key())

    def read(self, reading: Reading, table: Table, asked: ShowRows) -> RowsPage:
        """The page that is asked for.

        Raises:
            BadCursor: The cursor is not one of this table.
        """
        place = None if asked.page is None else self._place(table, asked.page)
        goes_back = place is not None and place.is_before
        rows = _rows(reading, table, asked, place)
        more, rows = len(rows) > asked.limit, rows[: asked.limit]
        if goes_back:
            rows.reverse()
        has_next = goes_back or more
        has_previous = more if goes_back else place is not None
        return RowsPage(
            file=table.file,
            table=table.name,
            columns=table.columns,
            key=table.key,
            rows=tuple(map(table.shown, rows)),
            next=self._cursor(table, rows[-1], is_before=False) if rows and has_next else None,
            previous=self._cursor(table, rows[0], is_before=True)
            if rows and has_previous
            else None,
        )

    def _cursor(self, table: Table, row: Row, *, is_before: bool) -> str:
        key = [_to_json(value) for value in table.key_of(row)]
        return self._seal.encrypt(to_json([table.file, table.name, key, is_before])).decode()

    def _place(self, table: Table, cursor: str) -> _Place:
        try:
            file, name, key, is_before = from_json(self._seal.decrypt(cursor.encode()))
        except InvalidToken:
            file = name = key = is_before = None
        if (file, name) != (table.file, table.name) or len(key) != len(table.key):
            message = "this page is of another table, or of an earlier run: begin again"
            raise BadCursor(message)
        return _Place([_from_json(value) for value in key], is_before)


def _rows(reading: Reading, table: Table, asked: ShowRows, place: _Place | None) -> list[Row]:
    """At most one row more than asked for, in the order in which they are read."""
    falls = asked.reverse != (place is not None and place.is_before)
    first = _quoted(table.key[0])
    conditions, values = ["1"], list[Value]()
    if asked.prefix:
        conditions.append(f"{first} >= ? AND {first} < ?")
        values += [asked.prefix, asked.prefix + _LAST_CHARACTER]
    if place is not None:
        marks = ", ".join("?" * len(table.key))
        names = ", ".join(map(_quoted, table.key))
        conditions.append(f"({names}) {'<' if falls else '>'} ({marks})")
        values += place.key
    elif asked.start is not None:
        conditions.append(f"{first} {'<=' if falls else '>='} ?")
        values.append(asked.start)
    columns = ", ".join(map(_quoted, table.columns))
    order = ", ".join(f"{_quoted(one)} {'DESC' if falls else 'ASC'}" for one in table.key)
    sql = (
        f"SELECT {columns} FROM {_quoted(table.name)} "  # noqa: S608 - the file's own names, quoted
        f"WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"
    )
    return list(reading.execute(sql, (*values, asked.limit + 1)))


def _shown(value: Value) -> JsonValue:
    if isinstance(value, bytes):
        text = _text_of(value)
        value = f"0x{value.hex()}" if text is None else text
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        return value[:_LONGEST_SHOWN] + _ELLIPSIS
    return value


def _text_of(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _to_json(value: Value) -> JsonValue:
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def _from_json(value: object) -> Value:
    match value:
        case {"hex": str(digits)}:
            return bytes.fromhex(digits)
        case None | int() | float() | str():
            return value
        case _:
            message = f"{value!r} was never part of a cursor"
            raise TypeError(message)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
