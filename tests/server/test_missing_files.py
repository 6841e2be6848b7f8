"""A server is started on a folder of which something is gone, or damaged, or out of a backup."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from clouds_edges.application.system import KEYS
from clouds_edges.domain.game.commands import Resign
from clouds_edges.eventsourcing.errors import StoreUnavailable
from clouds_edges.eventsourcing.keyring import KeyFile
from clouds_edges.protocol.admin import ForgetPlayer
from clouds_edges.protocol.messages import Accepted, Refused, Welcome
from clouds_edges.server.serve import running_server
from tests.server.guests import House, serving
from tests.server.operators import operating


def _remove(folder: Path, *patterns: str) -> None:
    for pattern in patterns:
        for found in folder.glob(pattern):
            shutil.rmtree(found) if found.is_dir() else found.unlink()


def _names_in(folder: Path, pattern: str) -> list[str]:
    return [found.name for found in folder.glob(pattern)]


async def _refused(folder: Path) -> str:
    with pytest.raises(StoreUnavailable) as caught:
        async with running_server("127.0.0.1", 0, folder):
            pass
    return str(caught.value)


async def _played(folder: Path) -> str:
    """The token of somebody who has played there."""
    async with serving(folder) as house:
        _, ann, stream = await house.two_in_a_game()
        assert isinstance(await ann.order(stream, Resign()), Accepted)
        return ann.token


async def _name_of(house: House, token: str) -> str:
    welcome = await (await house.guest(token)).greet()
    assert isinstance(welcome, Welcome)
    return welcome.player.name


@pytest.mark.parametrize("is_empty", [False, True])
@pytest.mark.parametrize(
    "also_gone",
    [
        (),
        ("tokens.db*", "processes.db*"),
        ("tokens.db*", "read-models"),
        ("processes.db*", "read-models", KEYS),
    ],
)
async def test_without_the_log_that_was_there_no_server_starts(
    tmp_path: Path, also_gone: Sequence[str], *, is_empty: bool
) -> None:
    await _played(tmp_path)
    backup = (tmp_path / "events.db").read_bytes()
    _remove(tmp_path, "events.db*", *also_gone)
    if is_empty:
        (tmp_path / "events.db").touch()

    for _ in range(2):
        sentence = await _refused(tmp_path)
        assert f"the event log {tmp_path / 'events.db'} is missing or empty" in sentence
        assert "put it back from the backup; or, to begin anew, move everything else" in sentence

    if not also_gone:
        (tmp_path / "events.db").write_bytes(backup)
        async with serving(tmp_path):
            pass


async def test_a_log_that_was_saved_is_named_with_how_to_put_it_back(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        (tmp_path / "events.db").rename(tmp_path / "moved.db")
    rescued = tmp_path / "events.rescued.db"
    (tmp_path / "events.rescued-2.db").touch()  # a control: a later copy, of nothing

    for _ in range(2):
        assert await _refused(tmp_path) == (
            f"the event log {tmp_path / 'events.db'} is missing or empty, but a server saved what "
            "was in it as events.rescued.db: stop that server if it still runs, move events.db, "
            f"events.db-wal and events.db-shm out of {tmp_path} as far as they are there, then "
            "rename events.rescued.db to events.db, and start again"
        )

    _remove(tmp_path, "events.db*")
    rescued.rename(tmp_path / "events.db")
    async with serving(tmp_path) as house:
        assert await _name_of(house, ann.token) == "Ann"
    assert not _names_in(tmp_path, "events.rescued.db*")


async def test_another_database_in_the_place_of_the_log_is_none(tmp_path: Path) -> None:
    await _played(tmp_path)
    _remove(tmp_path, "events.db*")
    shutil.copy(tmp_path / "tokens.db", tmp_path / "events.db")
    assert "is missing or empty" in await _refused(tmp_path)


async def test_a_folder_in_which_nobody_has_played_is_a_new_one(tmp_path: Path) -> None:
    """A control: a server that was started there and saw nobody leaves no trace of a log."""
    async with serving(tmp_path):
        pass
    _remove(tmp_path, "events.db*")
    with closing(KeyFile(tmp_path / KEYS)) as keys:
        keys.add_all([("ann", bytes(32))])
    async with serving(tmp_path) as house:
        await house.player("Ann")


async def test_without_the_keys_of_its_names_no_server_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = await _played(tmp_path)
    keys = (tmp_path / KEYS).read_bytes()
    _remove(tmp_path, f"{KEYS}*")

    for _ in range(2):
        sentence = await _refused(tmp_path)
        assert f"{tmp_path / KEYS} is missing" in sentence
        assert "put it back from the backup; if there is none, make an empty file" in sentence

    (tmp_path / KEYS).touch()
    async with serving(tmp_path) as house:
        assert (await _name_of(house, token)).startswith("forgotten ")
    assert "the names of 2 of 2 players cannot be read" in caplog.text
    caplog.clear()
    _remove(tmp_path, f"{KEYS}*")
    (tmp_path / KEYS).write_bytes(keys)
    async with serving(tmp_path) as house:
        assert await _name_of(house, token) == "Ann"
    assert not caplog.records


@pytest.mark.parametrize(
    ("file", "words"),
    [("events.db", "the event log "), (KEYS, ""), ("tokens.db", "")],
)
async def test_of_a_damaged_file_is_said_what_to_do(tmp_path: Path, file: str, words: str) -> None:
    await _played(tmp_path)
    (tmp_path / file).write_bytes(b"Dear diary, " * 1000)
    sentence = await _refused(tmp_path)
    assert sentence == (
        f"{words}{tmp_path / file} cannot be opened: file is not a database; it is damaged: put "
        "it back from the backup, with no -wal or -shm beside it"
    )


async def test_who_was_forgotten_is_so_again_when_their_key_comes_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with operating(tmp_path) as (house, operator):
        ann = await (await house.guest()).greet("Ann")
        assert isinstance(ann, Welcome)
        keys = (tmp_path / KEYS, tmp_path / f"{KEYS}-wal")
        backup = [file.read_bytes() for file in keys]
        await operator.ask(ForgetPlayer(player=ann.player.id))
    for file, content in zip(keys, backup, strict=True):
        file.write_bytes(content)

    async with serving(tmp_path):
        pass

    assert "1 keys of forgotten players had come back, and are deleted" in caplog.text
    connection = apsw.Connection(str(tmp_path / KEYS))
    assert connection.execute("SELECT count(*), count(key) FROM keys").fetchall() == [(1, 0)]
    connection.close()
    caplog.clear()
    async with serving(tmp_path):
        pass
    assert not caplog.records


async def test_lost_tokens_are_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    token = await _played(tmp_path)
    async with serving(tmp_path):
        assert not caplog.records
    _remove(tmp_path, "tokens.db*")

    async with serving(tmp_path) as house:
        assert "tokens.db has no tokens of players, who are in the log" in caplog.text
        assert isinstance(await (await house.guest(token)).greet("Ann"), Refused)
