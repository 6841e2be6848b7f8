"""One copy of a read model: a SQLite file with its rows, and how far they follow the log.

Rows and checkpoint change in one transaction, so a crash leaves neither ahead of the other. The
file can be deleted at any time: everything in it comes from the log.

The `sqlite3` of many a Python links a SQLite whose write-ahead log can corrupt a file that two
connections write or checkpoint (sqlite.org/wal.html, "the WAL-reset bug"): here one connection
writes, and the other cannot.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import sqlite3
import sys
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from urllib.parse import quote

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    NullPool,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.place import Place
from clouds_edges.eventsourcing.recorded import NOTHING, Checkpoint, Reached
from clouds_edges.eventsourcing.sqlite_files import keep_private, put_aside, remove

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy import ExceptionContext

    from clouds_edges.eventsourcing.projection import Projection
    from clouds_edges.eventsourcing.recorded import Recorded

E = TypeVar("E")
T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)

_OURS: Final = MetaData()
_CHECKPOINT: Final = Table(
    "checkpoint",
    _OURS,
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("shape", Text, nullable=False),
)
_DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PASSING: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_PATIENCE: Final = 1.0
"""Seconds for which a connection waits for another, of somebody else, to let go of the file."""


class ReadModelFile(Generic[E]):
    """The rows of one projection in one file; for one thread that writes, and one that reads.

    Open it with `opened`, which knows what to do about a file that is of no use.
    """

    def __init__(self, path: Path, projection: Projection[E]) -> None:
        self.path = path
        self._projection = projection
        self._events = frozenset(projection.events)
        with ExitStack() as opened:
            self._writing = _connected(path, "rwc", "BEGIN IMMEDIATE")
            opened.callback(_close, self._writing)
            self.reached = self._prepared()
            self._reading = _connected(path, "ro", "BEGIN")
            self._place = Place(path)
            opened.pop_all()

    def advance(self, batch: Sequence[Recorded[E]], reached: Reached) -> None:
        """Apply those events of a batch that the projection wants, up to what is `reached`."""
        wanted = [one for one in batch if type(one.event) in self._events]
        with self._writing.begin():
            if wanted:
                self._projection.apply(wanted, self._writing)
            self._mark(reached)
        self.reached = reached

    def read(self, query: Callable[[Connection], T]) -> T:
        """What a query finds, all of it at one moment; it cannot write."""
        with self._reading.begin():
            return query(self._reading)

    def scrub(self) -> None:
        """Leave nothing in the file of what was deleted from its rows.

        Raises:
            StoreUnavailable: Somebody is reading it, and holds on to that; or it cannot be written.
        """
        with closing(self._writing.connection.cursor()) as cursor:  # outside a transaction
            try:
                found = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error as error:
                message = f"nothing can be erased from {self.path}: {error}"
                raise StoreUnavailable(message) from error
        if found is None or found[0]:
            message = f"{self.path} is being read: what was deleted from it cannot be erased yet"
            raise StoreUnavailable(message)

    @property
    def is_in_place(self) -> bool:
        """Whether the file is where it was opened; somebody may have deleted or replaced it."""
        return self._place.is_held

    def close(self) -> None:
        """Close the file, and leave nothing beside it."""
        _close(self._reading)
        _close(self._writing)

    def _prepared(self) -> Reached:
        """Make what tables are missing; what the rows include."""
        with self._writing.begin():
            _OURS.create_all(self._writing)
            found = self._writing.execute(_CHECKPOINT.select()).one_or_none()
            shape = shape_of(self._projection)
            if found is None:
                self._projection.tables.create_all(self._writing)
                self._writing.execute(
                    _CHECKPOINT.insert().values(
                        position=NOTHING.position, hash=NOTHING.hash, shape=shape
                    )
                )
                return NOTHING
        if found.shape != shape:
            raise OtherShape
        return Reached(Checkpoint(found.position), found.hash)

    def _mark(self, reached: Reached) -> None:
        self._writing.execute(
            _CHECKPOINT.update().values(position=reached.position, hash=reached.hash)
        )


class OtherShape(Exception):
    """The rows were made by another version of the program."""


def opened(path: Path, projection: Projection[E]) -> ReadModelFile[E]:
    """Open or make the file of a read model, and the folder around it.

    A damaged one is put aside, one whose rows another version of the program has made is deleted;
    an empty one takes its place.

    Raises:
        StoreUnavailable: That is not possible.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        try:
            return ReadModelFile(path, projection)
        except OtherShape:
            _LOG.info("%s was made by another version of the program: it is made anew", path)
            remove(path)
        except DBAPIError as error:
            if not is_damage(error):
                raise
            put_aside(path)
        return ReadModelFile(path, projection)
    except (DBAPIError, OSError) as error:
        message = f"the read model {path} cannot be opened: {error}"
        raise StoreUnavailable(message) from error


def is_damage(error: DBAPIError) -> bool:
    """Whether the file is to blame, and not the disk, a lock or the statement."""
    return _code_of(error) in _DAMAGE


def is_passing(error: DBAPIError) -> bool:
    """Whether disk or a lock are to blame, and the same statement may succeed later."""
    return _code_of(error) in _PASSING


def shape_of(projection: Projection[E]) -> str:
    """Changes when the tables change, or the module in which the projection is written."""
    dialect = sqlite.dialect()
    statements = []
    for table in projection.tables.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        statements += sorted(
            str(CreateIndex(one).compile(dialect=dialect)) for one in table.indexes
        )
    module = inspect.getsource(sys.modules[type(projection).__module__])
    return hashlib.sha256("\n".join((*statements, module)).encode()).hexdigest()


def _code_of(error: DBAPIError) -> int | None:
    """The primary result code of SQLite (sqlite.org/rescode.html); None if it is not from there."""
    code: int | None = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _connected(path: Path, mode: str, begin: str) -> Connection:
    """A connection whose transactions begin with `begin`; `sqlite3` would begin late, or not."""

    def connect() -> sqlite3.Connection:
        if mode != "ro":
            keep_private(path)
        uri = f"file:{quote(str(path))}?mode={mode}"
        connection = sqlite3.connect(
            uri, _PATIENCE, uri=True, isolation_level=None, check_same_thread=False
        )
        if mode != "ro":
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")  # see `scrub`
        return connection

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True
    )  # what is in the rows does not belong in the log of a failure
    event.listen(engine, "begin", partial(_begin, begin))
    event.listen(engine, "handle_error", _leave_out_link)
    return engine.connect()


def _begin(statement: str, connection: Connection) -> None:
    connection.exec_driver_sql(statement)


def _leave_out_link(context: ExceptionContext) -> None:
    """Let the error not name a page of SQLAlchemy's, which is no help to an operator."""
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.code = None


def _close(connection: Connection) -> None:
    connection.close()
    connection.engine.dispose()
