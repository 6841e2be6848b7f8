"""`clouds-edges admin verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from clouds_edges.cli.data_folder import Data, existing_log

if TYPE_CHECKING:
    from clouds_edges.eventsourcing.verify import Verified

EXIT_DAMAGE: Final = 3


def verify_log(
    data: Data = None, *, json: Annotated[bool, typer.Option(help="Answer in JSON.")] = False
) -> None:
    """Check every event and fold every stream; the server may be running.

    Ends with 3 if something is damaged.
    """
    from clouds_edges.application.vocabulary import CODEC, folding_of
    from clouds_edges.cli.admin.progress import progress
    from clouds_edges.cli.trouble import of_the_store
    from clouds_edges.eventsourcing.sqlite_log import reading
    from clouds_edges.eventsourcing.verify import LogVerifier

    with of_the_store(), reading(existing_log(data)) as log, progress() as bars:
        bar = bars.add_task("verifying", total=log.end())
        verifier = LogVerifier(log, CODEC, folding_of)
        verified = verifier.run(told=lambda events: bars.update(bar, completed=events))
    typer.echo(_as_json(verified) if json else _as_text(verified))
    if verified.damages:
        raise typer.Exit(EXIT_DAMAGE)


def _as_json(verified: Verified) -> str:
    from dataclasses import asdict
    from json import dumps

    return dumps(asdict(verified), indent=2)


def _as_text(verified: Verified) -> str:
    from clouds_edges.cli.trouble import printable

    looked_at = f"{verified.events} events in {verified.streams} streams"
    if not verified.damages:
        return f"{looked_at}: all is as it was recorded"
    damages = [f"{damage.where}: {damage.what}" for damage in verified.damages]
    return "\n".join([f"{looked_at}: found {len(damages)} damaged", *map(printable, damages)])
