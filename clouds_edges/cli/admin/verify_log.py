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
    from clouds_edges.eventsourcing.verify import Damage, Told, Verified
    from clouds_edges.eventsourcing.verify_read_models import Compared

EXIT_DAMAGE: Final = 3


def verify_log(data: Data = None, *, json: Json = False) -> None:
    """Check events, streams and read models.

    It looks at every hash, state and row, while the server may be running. Ends with 3 if
    something is damaged.
    """
    from dataclasses import replace

    from clouds_edges.application.vocabulary import CODEC, folding_of
    from clouds_edges.cli.admin.progress import counting, progress
    from clouds_edges.cli.trouble import of_the_store
    from clouds_edges.eventsourcing.keyring import MemoryKeyring
    from clouds_edges.eventsourcing.sqlite_log import reading
    from clouds_edges.eventsourcing.verify import LogVerifier

    path = existing_log(data)
    with of_the_store(), reading(path) as log, progress() as bars:
        codec = CODEC.sealed_by(MemoryKeyring())  # the log holds or not, whoever can read names
        verified = LogVerifier(log, codec, folding_of).run(counting(bars, "verifying"))
        compared, damage = _compared(path, log, counting(bars, "comparing"))
    if damage is not None:
        verified = replace(verified, damages=(*verified.damages, damage))
    typer.echo(_as_json(verified, compared) if json else _as_text(verified, compared))
    if verified.damages or any(model.difference for model in compared):
        raise typer.Exit(EXIT_DAMAGE)


def _compared(path: Path, log: StoredLog, told: Told) -> tuple[Sequence[Compared], Damage | None]:
    """How the read models are, and what they differ for, or what keeps them from being compared."""
    from clouds_edges.application.system import KEYS, PROJECTIONS
    from clouds_edges.application.vocabulary import CODEC
    from clouds_edges.cli.admin.keys import keys_beside
    from clouds_edges.eventsourcing.errors import StoreDamaged, StoreUnavailable
    from clouds_edges.eventsourcing.keyring import MemoryKeyring
    from clouds_edges.eventsourcing.verify import Damage
    from clouds_edges.eventsourcing.verify_read_models import compare_read_models
    from clouds_edges.server.missing_files import lacks_keys

    folder = path.parent
    if lacks_keys(folder):
        what = "is missing: no name can be read, and no read model compared; put it back"
        return (), Damage(KEYS, what)
    try:
        with keys_beside(path) as keys:
            codec = CODEC.sealed_by(keys or MemoryKeyring())
            compared = compare_read_models(PROJECTIONS, folder / "read-models", log, codec, told)
            is_whole = not any(model.difference for model in compared)
            return compared, None if is_whole else _missing_keys(log, codec)
    except StoreDamaged:  # which was found already, and leaves nothing to compare with
        return (), None
    except StoreUnavailable as trouble:
        return (), Damage("the read models", f"they cannot be compared: {trouble}")


def _missing_keys(log: StoredLog, codec: Codec[AnyEvent]) -> Damage | None:
    """What read models differ for that still have names which cannot be read in the log."""
    from clouds_edges.application.keys_of_names import count_nameless, players_in
    from clouds_edges.application.system import KEYS
    from clouds_edges.eventsourcing.verify import Damage

    players = players_in(log, codec)
    nameless = count_nameless(players)
    if not nameless:
        return None
    what = (
        f"has no key for the names of {nameless} of {len(players.by_id)} players, and read models "
        "differ that still have these names: put it back from the backup; if there is none, "
        "rebuild the read models"
    )
    return Damage(KEYS, what)


def _as_json(verified: Verified, compared: Sequence[Compared]) -> str:
    from dataclasses import asdict
    from json import dumps

    models = [asdict(model) for model in compared]
    return dumps({**asdict(verified), "read_models": models}, indent=2)


def _as_text(verified: Verified, compared: Sequence[Compared]) -> str:
    from clouds_edges.client.clean_text import cleaned

    damages = [f"{damage.where}: {damage.what}" for damage in verified.damages]
    found = f"found {len(damages)} damaged" if damages else "all is as it was recorded"
    lines = [f"{verified.events} events in {verified.streams} streams: {found}", *damages]
    return "\n".join(map(cleaned, [*lines, *map(_sentence, compared)]))


def _sentence(model: Compared) -> str:
    if model.difference is not None:
        return f"read model {model.name}: {model.difference}"
    if model.position is None:
        return f"read model {model.name}: is not there; the server makes it when it starts"
    return f"read model {model.name}: is what the log makes of it, up to event {model.position}"
