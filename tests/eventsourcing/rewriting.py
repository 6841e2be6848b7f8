"""An operator who rewrites the log in a file, and makes a chain of it again."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw

from clouds_edges.eventsourcing.chain import EMPTY_HEAD, chain_hash
from clouds_edges.eventsourcing.codec import Encoded


def rewrite(path: Path, stream: str, version: int, change: Callable[[bytes], bytes]) -> None:
    """Change the data of one event, and every hash from there on: nothing looks broken."""
    with closing(apsw.Connection(str(path))) as log, log:
        rows: Iterator[Any] = log.execute(
            "SELECT position, version, kind, schema, at, actor, command, cause, data "
            "FROM events WHERE stream = ? ORDER BY version",
            (stream,),
        )
        head = EMPTY_HEAD
        for position, number, kind, schema, at, by, command, cause, stored in list(rows):
            data = change(stored) if number == version else stored
            head = chain_hash(
                head, stream, number, Encoded(kind, schema, data), at, by, command, cause
            )
            log.execute(
                "UPDATE events SET data = ?, hash = ? WHERE position = ?", (data, head, position)
            )
