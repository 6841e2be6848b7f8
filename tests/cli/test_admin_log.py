"""The log of a real folder, moved and checked by the program as operators run it."""

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from clouds_edges.cli.admin.import_log import interruption_told
from clouds_edges.domain.ids import PlayerId
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.keyring import Keyring
from clouds_edges.eventsourcing.log_entry import LogEntry
from clouds_edges.eventsourcing.memory_log import MemoryLog
from clouds_edges.eventsourcing.recorded import BEGINNING, Checkpoint
from clouds_edges.eventsourcing.sqlite_log import reading
from clouds_edges.protocol.messages import Refused, Welcome
from clouds_edges.server.serve import running_server
from tests.application.playing import House
from tests.cli.programs import PATIENCE, PROGRAM, Ended, environment, run_on_terminal
from tests.cli.servers import server_core
from tests.eventsourcing.log_files import HISTORY, all_of, chained, recorded_log, written
from tests.server.guests import serving

Admin = Callable[..., Ended]


def test_a_log_moves_to_another_folder(admin: Admin, played: Path, tmp_path: Path) -> None:
    copy, file = tmp_path / "deep" / "copy", tmp_path / "all.log"

    written = admin("export", "--data", played, "-o", file)
    taken = admin("import", "--data", copy, file)
    again = admin("import", "--data", copy, file)
    shown = admin("export", "--data", copy)

    events = len(file.read_bytes().splitlines()) - 2
    assert written == Ended(
        0, "", f"exported {events} events; what comes later: --after {events}\n"
    )
    assert (taken.code, taken.out) == (0, "")
    assert taken.err == (
        f"imported {events} events; the log ends with event {events}\n"
        f"before you serve, copy tokens.db of the server it came from into {copy} too: else nobody "
        "is let in as who they were\n"
    )
    assert again == Ended(0, "", f"imported 0 events; the log ends with event {events}\n")
    assert shown.out == file.read_text(encoding="utf-8")
    assert admin("verify", "--data", copy).code == 0
    assert {one.stat().st_mode & 0o777 for one in (file, *copy.iterdir())} == {0o600}
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["all.log"]


def test_a_log_moves_in_parts(admin: Admin, played: Path, tmp_path: Path) -> None:
    whole = admin("export", "--data", played).out
    first = admin("import", "--data", tmp_path / "copy", _file(tmp_path, whole))
    end = first.err.splitlines()[0].split()[-1]

    rest = admin("export", "--data", played, "--after", end)
    assert len(rest.out.splitlines()) == 2
    taken = admin("import", "--data", tmp_path / "copy", _file(tmp_path, rest.out))
    assert taken.err == f"imported 0 events; the log ends with event {end}\n"

    told = admin("export", "--data", played, "--after", int(end) + 1)
    assert told.err.startswith(f"clouds-edges: the log ends with event {end}: there is nothing")
    assert told.code == 1


def _file(folder: Path, text: str) -> Path:
    path = folder / "a.log"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_that_was_changed_is_refused_with_its_name_and_line(
    admin: Admin, played: Path, tmp_path: Path
) -> None:
    text = admin("export", "--data", played).out
    file = _file(tmp_path, text.replace('"by":"id-of-Bob"', '"by":"id-of-Bod"', 1))

    refused = admin("import", "--data", tmp_path / "copy", file)

    assert refused == Ended(
        1, "", f"clouds-edges: {file}, line 3: was changed after it was written\n"
    )
    assert not (tmp_path / "copy").exists()


def test_a_history_that_there_cannot_be_is_refused(
    admin: Admin, played: Path, tmp_path: Path
) -> None:
    with reading(played / "events.db") as log:
        entries = list(log.entries(BEGINNING, Checkpoint(1)))
    assert [(one.stream, one.encoded.kind) for one in entries] == [("players", "player_signed_up")]
    wrong = "there can be no event of kind 'player_signed_up' in this stream"
    for stream, words in (
        ("nostream/x", "nostream/x: there can be no such stream"),
        ("lobby/main", wrong),
        ("game/0123456789ab", wrong),
    ):
        moved = chained(replace(one, stream=StreamName(stream)) for one in entries)
        file = _file(tmp_path, written(moved).decode())
        refused = admin("import", "--data", tmp_path / "copy", file)
        assert refused == Ended(1, "", f"clouds-edges: {file}, line 2: {words}\n")
        assert not (tmp_path / "copy").exists()

    file = _file(tmp_path, written(entries).decode())
    assert admin("import", "--data", tmp_path / "copy", file).code == 0  # the control


@pytest.mark.parametrize("name", ["pipe", "folder"])
def test_what_is_no_file_is_not_waited_for(admin: Admin, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    refused = admin("import", "--data", tmp_path / "copy", tmp_path / name)
    assert (refused.code, refused.out) == (2, "")
    assert re.search("is no regular file|is a directory", refused.err)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("news", [[], all_of(recorded_log(HISTORY))])
def test_whoever_presses_ctrl_c_is_told_what_was_stored(
    capsys: pytest.CaptureFixture[str], news: Sequence[LogEntry]
) -> None:
    log = MemoryLog()
    with pytest.raises(KeyboardInterrupt):
        _interrupted_behind(log, news)
    events = len(news)
    told = f"interrupted: imported {events} events; the log ends with event {events}\n"
    assert capsys.readouterr().err == told


def _interrupted_behind(log: MemoryLog, news: Sequence[LogEntry]) -> None:
    with interruption_told(log):
        log.add(news)
        raise KeyboardInterrupt


def test_what_is_not_there_is_said(admin: Admin, tmp_path: Path) -> None:
    for command in (["export"], ["verify"], ["verify", "--json"]):
        told = admin(*command, "--data", tmp_path / "nowhere")
        assert told.code == 1
        assert told.err.startswith("clouds-edges: there is no event log in ")
        assert (told.out, len(told.err.splitlines())) == ("", 1)


def test_a_file_that_cannot_be_written_is_said(admin: Admin, played: Path, tmp_path: Path) -> None:
    file = tmp_path / "no" / "such" / "folder.log"
    told = admin("export", "--data", played, "-o", file)
    assert told == Ended(
        1, "", f"clouds-edges: {file} cannot be written: No such file or directory\n"
    )


def test_a_folder_that_cannot_be_made_is_said(admin: Admin, played: Path, tmp_path: Path) -> None:
    file = _file(tmp_path, admin("export", "--data", played).out)
    told = admin("import", "--data", file / "folder", file)
    assert (told.code, told.out) == (1, "")
    assert "cannot be made: Not a directory" in told.err


def test_whoever_stops_reading_is_no_trouble_to_tell(tmp_path: Path, played: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "admin", "export", "--data", str(played)],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) == 1


async def test_names_travel_with_the_keys_only(admin: Admin, played: Path, tmp_path: Path) -> None:
    without, with_keys = admin("export", "--data", played), tmp_path / "keys.log"
    assert "Ann" not in without.out.replace("id-of-Ann", "")
    told = admin("export", "--keys", "-o", with_keys, "--data", played).err.splitlines()
    assert told[1] == (
        f"before you serve it elsewhere, stop the server here, and copy {played}/tokens.db there "
        "too: else nobody is let in as who they were"
    )
    assert "Ann" not in with_keys.read_text().replace("id-of-Ann", "")

    copy, other = tmp_path / "copy", tmp_path / "other"
    for folder in (copy, other):
        admin("import", "--data", folder, _file(tmp_path, without.out))
        assert admin("verify", "--data", folder).code == 0
    again = admin("import", "--data", copy, with_keys)

    assert len(again.err.splitlines()) == 1
    assert await _names_in(copy) == ["Ann", "Bob"]
    assert await _names_in(other) == ["forgotten id-of-Ann", "forgotten id-of-Bob"]
    late = admin("import", "--data", other, with_keys)
    assert late.err.splitlines()[1] == (
        "2 keys were left out: their owners have others here, or were forgotten"
    )
    assert (admin("verify", "--data", copy).code, admin("verify", "--data", other).code) == (0, 0)


async def test_who_was_forgotten_stays_so_when_a_key_comes_back(
    admin: Admin, played: Path, tmp_path: Path
) -> None:
    with_keys = tmp_path / "keys.log"
    admin("export", "--keys", "-o", with_keys, "--data", played)
    async with server_core(played) as a_house:
        await asyncio.to_thread(_keys_of(a_house).forget, "id-of-Ann")

    told = admin("import", "--data", played, with_keys)
    assert told.err.splitlines()[1].startswith("1 keys were left out")
    assert await _names_in(played) == ["forgotten id-of-Ann", "Bob"]


def _keys_of(a_house: House) -> Keyring:
    keys = a_house.system._keyring  # noqa: SLF001 - to lose a key, which nothing else is to know
    assert keys is not None
    return keys


def _lose_snapshots(folder: Path) -> None:
    for file in folder.glob("snapshots.db*"):
        file.unlink()


async def _names_in(folder: Path) -> list[str]:
    """What players are called by a server that reads this log."""
    _lose_snapshots(folder)
    async with server_core(folder) as a_house:
        players = [await a_house.system.player(PlayerId(f"id-of-{one}")) for one in ("Ann", "Bob")]
    return [player.name for player in players if player is not None]


async def test_players_are_let_in_where_the_log_has_moved_once_the_tokens_have(
    admin: Admin, tmp_path: Path
) -> None:
    """And a control: without the tokens they are not."""
    old, new, file = tmp_path / "old", tmp_path / "new", tmp_path / "with-keys.log"
    async with serving(old) as house:
        ann = await house.player("Ann")
    await asyncio.to_thread(admin, "export", "--keys", "-o", file, "--data", old)
    await asyncio.to_thread(admin, "import", "--data", new, file)

    async with serving(new) as house:
        assert isinstance(await (await house.guest(ann.token)).greet("Ann"), Refused)
    shutil.copy(old / "tokens.db", new / "tokens.db")
    async with serving(new) as house:
        welcome = await (await house.guest(ann.token)).greet()
    assert isinstance(welcome, Welcome)
    assert welcome.player.name == "Ann"


async def test_beside_a_server_a_log_is_read_and_not_extended(admin: Admin, tmp_path: Path) -> None:
    folder = tmp_path / "served"
    async with running_server("127.0.0.1", 0, folder):
        out = await asyncio.to_thread(admin, "export", "--data", folder)
        seen = await asyncio.to_thread(admin, "verify", "--data", folder)
        file = _file(tmp_path, out.out)
        refused = await asyncio.to_thread(admin, "import", "--data", folder, file)

    assert (out.code, seen.code, refused.code) == (0, 0, 1)
    assert "another server is writing to" in refused.err
    assert admin("import", "--data", folder, file).code == 0  # the control


async def test_what_is_exported_while_games_go_on_is_a_log(
    admin: Admin, played: Path, tmp_path: Path
) -> None:
    async with server_core(played) as a_house:
        store = a_house.system.store
        before = await store.end()
        exporting = asyncio.create_task(asyncio.to_thread(admin, "export", "--data", played))
        ann, bob = await a_house.sign_up("Cyd"), await a_house.sign_up("Dan")
        while not exporting.done():
            await a_house.play_out(await a_house.start(ann, bob))
            await a_house.until_lobby(lambda lobby: not lobby.tables)
        out, after = await exporting, await store.end()
        seen = await asyncio.to_thread(admin, "verify", "--data", played)

    events = len(out.out.splitlines()) - 2
    assert before <= events < after
    taken = admin("import", "--data", tmp_path / "copy", _file(tmp_path, out.out))
    assert taken.err.startswith(f"imported {events} events")
    assert (seen.code, admin("verify", "--data", tmp_path / "copy").code) == (0, 0)


async def test_on_an_imported_log_no_process_does_anything_twice(
    admin: Admin, played: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    text = admin("export", "--data", played).out
    admin("import", "--data", copy, _file(tmp_path, text))

    async with server_core(copy) as a_house:
        before = await a_house.log()
        cyd, dan = await a_house.sign_up("Cyd"), await a_house.sign_up("Dan")
        game = await a_house.start(cyd, dan)  # by a process that has read all that was before
        news = (await a_house.log())[len(before) :]

    assert {one.stream for one in news} == {"players", "lobby/main", f"game/{game}"}
    assert [one.event.kind for one in news] == [
        *["player_signed_up"] * 2,
        "game_opened",
        "seat_taken",
        "seats_filled",
        "game_started",
    ]


def test_on_a_terminal_progress_is_shown_and_the_log_is_not(played: Path, tmp_path: Path) -> None:
    data = ("--data", str(played))
    exported = run_on_terminal(tmp_path, "admin", "export", *data)
    assert exported.code == 1
    assert "is not for the screen" in exported.out
    written = run_on_terminal(tmp_path, "admin", "export", *data, "-o", str(tmp_path / "a.log"))
    assert "exporting" in written.out
    taken = run_on_terminal(tmp_path, "admin", "import", str(tmp_path / "a.log"), *data)
    assert "checking" in taken.out
    assert "verifying" in run_on_terminal(tmp_path, "admin", "verify", *data).out
