"""The keys of names, which lie beside the log."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from clouds_edges.eventsourcing.keyring import KeyFile


@contextmanager
def keys_beside(log: Path) -> Iterator[KeyFile | None]:
    """The keys of a log that may have a server, for reading; None if it has none."""
    from contextlib import closing

    import apsw

    from clouds_edges.application.system import KEYS
    from clouds_edges.eventsourcing.keyring import KeyFile

    path = log.parent / KEYS
    if not path.exists():
        yield None
        return
    with closing(KeyFile(path, flags=apsw.SQLITE_OPEN_READONLY)) as keys:
        yield keys
