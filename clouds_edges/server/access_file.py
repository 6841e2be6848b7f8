"""The file that lets the operator in: there while the server runs, for its own user only."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.threads import finished
from clouds_edges.protocol.access import ACCESS_FILE, Access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE_MODE: Final = 0o600
_SECONDS: Final = 1.0
"""After how long the file is looked after."""


class AccessFile:
    """The file in the folder of a server."""

    def __init__(self, folder: Path, access: Access) -> None:
        self._path = folder / ACCESS_FILE
        self._access = access

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the file for as long as the context lasts.

        Raises:
            StoreUnavailable: It cannot be written.
        """
        try:
            _replace(self._path, self._access)
        except OSError as error:
            message = f"{self._path} cannot be written: {error.strerror}"
            raise StoreUnavailable(message) from error
        try:
            yield
        finally:
            with suppress(OSError):  # the token in it is good for nothing any more
                self._path.unlink()

    async def run(self) -> None:
        """Write the file again whenever somebody has deleted it, until cancelled."""
        while True:
            await asyncio.sleep(_SECONDS)
            await finished(self._write_again)

    def _write_again(self) -> None:
        with suppress(OSError):  # as at the next look, if not at this
            if not self._path.exists():
                _replace(self._path, self._access)


def _replace(path: Path, access: Access) -> None:
    """Write it whole beside, then rename: who reads sees all of one file or of the other."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)  # so that its mode is ours
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(access.model_dump_json())
    fresh.replace(path)
