"""An operator puts an older event log back beside the files that follow it."""

import shutil
from pathlib import Path

from clouds_edges.application.vocabulary import CODEC
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from tests.application.playing import house


async def test_beside_an_older_log_a_new_game_is_started_and_ended(tmp_path: Path) -> None:
    events, backup = tmp_path / "events.db", tmp_path / "backup.db"
    async with SQLiteStore(events, CODEC) as store, house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
    shutil.copy(events, backup)
    async with SQLiteStore(events, CODEC) as store, house(store, tmp_path) as here:
        for number in range(2):
            await here.play_out(await here.start(ann, bob))
            await here.until_lobby(lambda lobby: not lobby.tables)
            await here.until_counted(ann, number + 1)
    shutil.copy(backup, events)

    async with SQLiteStore(events, CODEC) as store, house(store, tmp_path) as here:
        await here.play_out(await here.start(ann, bob))

        await here.until_lobby(lambda lobby: not lobby.tables)
        await here.until_counted(ann, 1)
