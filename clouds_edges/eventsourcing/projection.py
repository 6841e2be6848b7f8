"""What a read model is made of: its tables, its events, and what they do to the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, MetaData

    from clouds_edges.eventsourcing.recorded import Recorded

E_contra = TypeVar("E_contra", contravariant=True)


class Projection(Protocol[E_contra]):
    """Folds the log into tables of SQLAlchemy; `ReadModel` runs it.

    Nothing but the events and the rows decides what becomes of the rows: no clock, no chance, no
    state in memory.
    """

    @property
    def name(self) -> str:
        """What the read model is called, and its file."""

    @property
    def tables(self) -> MetaData:
        """The tables that hold the rows; none may be called `checkpoint`."""

    @property
    def events(self) -> tuple[type, ...]:
        """The classes of events that `apply` is called for, exactly these."""

    def apply(self, batch: Sequence[Recorded[E_contra]], rows: Connection) -> None:
        """Change the rows by the next events, in the order of the log, inside a transaction.

        The batches differ from one fold to the next, the rows must not: what a batch leaves
        behind depends on the events up to its end, and not on where the batches were cut.
        """
        ...
