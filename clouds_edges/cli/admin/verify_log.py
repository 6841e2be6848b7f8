"""`clouds-edges admin verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from clouds_edges.cli.admin.asking import Json
from clouds_edges.cli.data_folder import Data, existing_log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from clouds_edges.application.vocabulary import AnyEvent
    from clouds_edges.eventsourcing.codec import Codec
    from clouds_edges.eventsourcing.log_entry import StoredLog
    from clouds_edges.eventsourcing.verify import Told, Verified
    from clouds_edges.eventsourcing.verify_read_models import Compared

EXIT_DAMAGE: Final = 3


def verify_log(data: Data = None, *, json: Json = False) -> None:
    """Check all events, fold all streams, compare all read models; the server may be running.

    Ends with 3 if something is damaged.
    """
    from clouds_edges.application.vocabulary import CODEC, folding_of
    from clouds_edges.cli.admin.keys import keys_beside
    from clouds_edges.cli.admin.progress import counting, progress
    from clouds_edges.cli.trouble import of_the_store
    from clouds_edges.eventsourcing.keyring import MemoryKeyring
    from clouds_edges.eventsourcing.sqlite_log import reading
    from clouds_edges.eventsourcing.verify import LogVerifier

    path = existing_log(data)
    with of_the_store(), reading(path) as log, keys_beside(path) as keys, progress() as bars:
        codec = CODEC.sealed_by(keys or MemoryKeyring())
        verified = LogVerifier(log, codec, folding_of).run(counting(bars, "verifying"))
        compared = _compared(path.parent, log, codec, counting(bars, "comparing"))
    typer.echo(_as_json(verified, compared) if json else _as_text(verified, compared))
    if verified.damages or any(model.difference for model in compared):
        raise typer.Exit(EXIT_DAMAGE)


def _compared(
    folder: Path, log: StoredLog, codec: Codec[AnyEvent], told: Told
) -> Sequence[Compared]:
    from clouds_edges.application.system import PROJECTIONS
    from clouds_edges.eventsourcing.errors import StoreDamaged
    from clouds_edges.eventsourcing.verify_read_models import compare_read_models

    try:
        return compare_read_models(PROJECTIONS, folder / "read-models", log, codec, told)
    except StoreDamaged:  # which was found already, and leaves nothing to compare with
        return ()


def _as_json(verified: Verified, compared: Sequence[Compared]) -> str:
    from dataclasses import asdict
    from json import dumps

    models = [asdict(model) for model in compared]
    return dumps({**asdict(verified), "read_models": models}, indent=2)


def _as_text(verified: Verified, compared: Sequence[Compared]) -> str:
    from clouds_edges.cli.trouble import printable

    damages = [f"{damage.where}: {damage.what}" for damage in verified.damages]
    found = f"found {len(damages)} damaged" if damages else "all is as it was recorded"
    lines = [f"{verified.events} events in {verified.streams} streams: {found}", *damages]
    return "\n".join(map(printable, [*lines, *map(_sentence, compared)]))


def _sentence(model: Compared) -> str:
    if model.difference is not None:
        return f"read model {model.name}: {model.difference}"
    if model.position is None:
        return f"read model {model.name}: is not there; the server makes it when it starts"
    return f"read model {model.name}: is what the log makes of it, up to event {model.position}"
