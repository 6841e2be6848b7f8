"""The operator's commands against a server that runs, as people type them."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from clouds_edges.cli.admin.verify_log import EXIT_DAMAGE
from clouds_edges.cli.trouble import EXIT_TROUBLE
from tests.cli.programs import (
    PATIENCE,
    PROGRAM,
    environment,
    run,
    run_on_terminal,
    serving,
)
from tests.cli.servers import Server

COMMANDS = [
    ("events",),
    ("aggregates",),
    ("state", "players"),
    ("check", "players"),
    ("processes", "list"),
    ("processes", "retry", "start-game", "players"),
    ("processes", "skip", "start-game", "players"),
    ("processes", "pause", "start-game"),
    ("processes", "resume", "start-game"),
    ("processes", "rebuild", "start-game"),
    ("models", "list"),
    ("models", "rebuild"),
    ("models", "rebuild", "standings"),
    ("models", "interrupt", "standings"),
    ("models", "pause", "standings"),
    ("models", "resume", "standings"),
    ("models", "reset", "standings"),
    ("inspect",),
    ("inspect", "events.db", "events"),
    ("players", "an"),
    ("games", "--state", "open"),
    ("standings",),
    ("activity",),
    ("system",),
    ("freeze", "moving"),
    ("unfreeze",),
    ("forget", "x", "--yes"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_server_each_command_says_what_to_do(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    ended = run(tmp_path, "admin", *command, "--json", "--data", str(tmp_path))
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    assert re.fullmatch(r"clouds-edges: no server runs on .*: start one .*--data\n", ended.err)


def test_the_folder_of_a_server_need_not_be_named(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0"):
        assert run(tmp_path, "admin", "system").code == 0


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (("system",), "system"),
        (("state", "players", "--version", "1"), "state players --version 1"),
        (("processes", "list"), "processes list"),
        (("models", "reset", "games"), "models reset games"),
        (("processes",), "processes list"),
        (("models",), "models list"),
    ],
)
def test_a_folder_named_too_early_is_a_mistake_told_with_what_works(
    server: Server, command: tuple[str, ...], written: str
) -> None:
    ended = run(server.home, "admin", "--data", str(server.data), *command)
    assert (ended.code, ended.out) == (2, "")
    told = re.search(r"write it behind the command: admin (.*)\n", ended.err)
    assert told is not None, ended
    assert told[1] == f"{written} --data {server.data}"
    assert run(server.home, "admin", *shlex.split(told[1])).code == 0


def test_what_a_killed_server_leaves_behind_is_told(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0", "--data", data) as (process, _):
        process.kill()
        process.wait(PATIENCE)
        ended = run(tmp_path, "admin", "system", "--data", data)
    assert ended.code == EXIT_TROUBLE
    assert "where one ran that was not stopped in order" in ended.err


def test_aggregates_and_states_are_shown(server: Server) -> None:
    ended = server.ask("aggregates")
    assert ended.out.splitlines()[0].split() == [
        "aggregate",
        "version",
        "last",
        "event",
        "(UTC)",
    ]
    assert server.json("aggregates", "--prefix", "play")["aggregates"][0]["stream"] == "players"
    ended = server.ask("state", "players", "--version", "1")
    assert '"name": "Ann"' in ended.out
    assert ended.err.startswith("players at version 1 of ")
    assert "made by 1 " in ended.err
    assert server.json("state", "players", "--version", "0")["event"] is None
    ended = server.ask("state", "nothing")
    assert (ended.code, ended.err) == (
        EXIT_TROUBLE,
        "clouds-edges: there can be no stream nothing\n",
    )


def test_a_stream_is_checked(server: Server) -> None:
    ended = server.ask("check", "players")
    assert ended.code == 0
    assert re.fullmatch(r"players: all \d+ events are as they were recorded\n", ended.out)
    assert server.json("check", "players")["problem"] is None


def test_a_stream_that_was_changed_ends_with_a_code_of_its_own(tmp_path: Path) -> None:
    import apsw  # noqa: PLC0415 - this test only

    data = tmp_path / "data"
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0", "--data", str(data)):
        server = Server(tmp_path, data)
        server.sign_up("Ann")
        with apsw.Connection(str(data / "events.db")) as connection:
            connection.execute("UPDATE events SET actor = 'x'")
        ended = server.ask("check", "players")
        assert (ended.code, "players was changed" in ended.out) == (EXIT_DAMAGE, True)


def test_processes_are_shown_and_led(server: Server) -> None:
    ended = server.ask("processes", "list")
    assert ended.out.splitlines()[0].split()[:2] == ["process", "state"]
    assert re.search(r"^start-game +following ", ended.out, re.MULTILINE)
    ended = server.ask("processes", "pause", "start-game")
    assert (ended.out, ended.err.startswith("start-game rests")) == ("", True)
    rows = server.json("processes", "list")["processes"]
    assert {one["name"]: one["state"] for one in rows}["start-game"] == "paused"
    assert server.json("processes", "resume", "start-game")["kind"] == "done"
    assert server.ask("processes", "rebuild", "expire-games").code == 0
    for command in ("retry", "skip"):
        ended = server.ask("processes", command, "start-game", "players")
        assert (ended.code, "not stuck in players" in ended.err) == (EXIT_TROUBLE, True)


@pytest.mark.parametrize("command", ["pause", "resume", "rebuild"])
def test_an_unknown_process_is_told_with_the_known(server: Server, command: str) -> None:
    ended = server.ask("processes", command, "start-gmae")
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    assert re.search(r"'start-gmae'.*start-game, close-game, play-bots", ended.err)


def test_files_are_looked_into(server: Server) -> None:
    ended = server.ask("inspect")
    assert re.search(r"^events\.db +events +position, stream, ", ended.out, re.MULTILINE)
    ended = server.ask("inspect", "events.db", "events", "--prefix", "players", "--limit", "1")
    assert "player_signed_up" in ended.out
    page = server.json("inspect", "events.db", "events", "--start", "1", "--limit", "1")
    assert page["rows"][0][0] == 1
    newest = server.json("inspect", "events.db", "events", "--reverse")
    assert newest["rows"][-1][0] == 1
    ended = server.ask("inspect", "keys.db", "keys")
    assert (ended.code, "there is no file keys.db to look into" in ended.err) == (1, True)
    assert server.ask("inspect", "events.db").code == 2
    tokens = server.ask("inspect", "tokens.db", "tokens")
    assert "hidden" in tokens.out


def test_more_rows_are_found_with_what_the_first_page_says(server: Server) -> None:
    server.sign_up("Page Two")
    ended = server.ask("inspect", "events.db", "events", "--limit", "1")
    page = re.search("--page (.*)", ended.err)
    assert page is not None
    more = server.json("inspect", "events.db", "events", "--limit", "1", f"--page={page[1]}")
    assert more["rows"][0][0] == 2


def test_the_system_is_shown(server: Server) -> None:
    ended = server.ask("system")
    assert re.search(r"^operators connected +1$", ended.out, re.MULTILINE)
    assert re.search(r"^frozen +no$", ended.out, re.MULTILINE)
    figures = server.json("system")
    assert figures["events"] >= 1
    assert figures["folder"] == str(server.data)


def test_a_log_that_is_moved_away_is_shown_with_what_to_do(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0", "--data", str(data)):
        server = Server(tmp_path, data)
        assert "NOTHING IS RECORDED" not in server.ask("system").out  # a control
        (data / "events.db").rename(data / "moved.db")
        with pytest.raises(ConnectionClosed):
            server.sign_up("Ann")

        trouble = server.json("system")["log_trouble"]
        assert "stop the server, put events.rescued.db in the place of" in trouble
        assert f"NOTHING IS RECORDED  {trouble}" in server.ask("system").out


def test_the_server_is_frozen_and_unfrozen(server: Server) -> None:
    assert server.ask("freeze", "moving house").err == "the server is frozen: moving house\n"
    assert server.json("system")["frozen"] == "moving house"
    ended = server.ask("freeze", "again")
    assert (ended.code, "frozen already: moving house" in ended.err) == (EXIT_TROUBLE, True)
    with pytest.raises(AssertionError):
        server.sign_up("Dan")
    assert server.json("unfreeze")["kind"] == "done"
    server.sign_up("Dan")
    assert server.ask("unfreeze").code == EXIT_TROUBLE


@pytest.mark.parametrize(
    "arguments",
    [
        ("events", "--limit", "0"),
        ("events", "--limit", "501"),
        ("events", "--after", "-1"),
        ("events", "--after", "1" * 30),
        ("events", "--stream", "x" * 300),
        ("events", "--follow", "--newest"),
        ("state", "x" * 300),
        ("state", "players", "--version", "-1"),
        ("players", "x" * 300),
        ("players", "--limit", "501"),
        ("games", "--state", "begun"),
        ("games", "--result", "win", "--player", "x"),
        ("games", "--result", "won"),
        ("games", "--opponent", "x"),
        ("games", "--player", "x" * 300),
        ("games", "--player", ""),
        ("games", "--size", "5"),
        ("games", "--size", "0x5"),
        ("standings", "--limit", "0"),
        ("activity", "--since", "yesterday"),
        ("activity", "--until", "2026-02-30"),
        ("freeze", ""),
        ("freeze", "x" * 300),
        ("processes",),
        ("processes", "win"),
        ("inspect", "events.db", "events", "--prefix", "x" * 300),
        ("forget", "", "--yes"),
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_a_mistake_in_the_arguments_is_told(server: Server, arguments: tuple[str, ...]) -> None:
    ended = server.ask(*arguments)
    assert ended.code == 2, ended
    assert ended.err
    assert "Traceback" not in ended.err


def test_what_a_file_holds_cannot_steer_the_terminal(tmp_path: Path) -> None:
    import apsw  # noqa: PLC0415 - as above

    data = tmp_path / "data"
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0", "--data", str(data)):
        server = Server(tmp_path, data)
        with apsw.Connection(str(data / "snapshots.db")) as connection:
            connection.execute('CREATE TABLE "a\x1b[2J" ("b\x1b[2J" TEXT)')
            connection.execute('INSERT INTO "a\x1b[2J" VALUES (?)', ("c\x1b[2J",))
        tables = server.ask("inspect")
        rows = server.ask("inspect", "snapshots.db", "a\x1b[2J")
        assert re.search(r" a\ufffd\[2J +b\ufffd\[2J$", tables.out, re.MULTILINE)
        assert (rows.out, "\x1b" in tables.out) == ("b\ufffd[2J\nc\ufffd[2J\n", False)
        assert server.json("inspect", "snapshots.db", "a\x1b[2J")["columns"] == ["b\x1b[2J"]


@pytest.mark.parametrize(
    "command",
    [("events",), ("events", "--follow"), ("events", "--json"), ("system",), ("verify",)],
    ids=" ".join,
)
def test_whoever_stops_reading_is_no_trouble_to_tell(
    server: Server, command: tuple[str, ...]
) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [*PROGRAM, "admin", *command, "--data", str(server.data)],
        env=environment(server.home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.communicate(timeout=PATIENCE) == (b"", b"")
    assert process.returncode == EXIT_TROUBLE


def test_without_a_terminal_the_whole_screen_cannot_be_had(tmp_path: Path) -> None:
    ended = run(tmp_path, "admin")
    assert (ended.code, "needs a terminal" in ended.err) == (EXIT_TROUBLE, True)


def test_help_names_every_command(tmp_path: Path) -> None:
    ended = run(tmp_path, "admin", "--help")
    for name in {command[0] for command in COMMANDS}:
        assert re.search(rf"^ +{name} +\w", ended.out, re.MULTILINE), name


def test_what_went_on_is_shown_by_the_day(server: Server) -> None:
    days = server.json("activity")["days"]
    assert len(days) == 14
    assert sum(one["sign_ups"] for one in days) >= 1
    assert server.json("activity", "--since", days[-1]["day"])["days"][0]["sign_ups"] >= 1
    ended = server.ask("activity", "--since", "2020-02-28", "--until", "2020-03-01")
    lines = [line.split() for line in ended.out.splitlines()]
    assert lines[0][:3] == ["day", "(UTC)", "sign-ups"]
    assert lines[1:] == [[f"2020-{day}", *"00000"] for day in ("02-28", "02-29", "03-01")]
    ended = server.ask("activity", "--since", "2020-01-01", "--until", "2021-01-01", "--json")
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    assert "more than 366 days: ask for fewer" in ended.err


def test_read_models_are_shown_and_led(server: Server) -> None:
    ended = server.ask("models", "list")
    assert re.search(r"^standings +following ", ended.out, re.MULTILINE)
    assert server.ask("models", "pause", "games").err.startswith("games rests until")
    rows = server.json("models", "list")["read_models"]
    assert {one["name"]: one["state"] for one in rows}["games"] == "paused"
    assert server.json("models", "resume", "games")["kind"] == "done"
    assert server.ask("models", "reset", "games").code == 0
    ended = server.ask("models", "rebuild", "games")
    assert (ended.code, ended.out, ended.err) == (0, "", "games is built anew\n")
    assert "standings" in server.json("models", "rebuild")["sentence"]
    ended = server.ask("models", "interrupt", "games")
    assert (ended.code, "no rebuild of games" in ended.err) == (EXIT_TROUBLE, True)
    ended = server.ask("models", "rebuild", "gmaes")
    assert re.search(r"'gmaes'.*players, games, standings, activity", ended.err)


def test_a_rebuild_is_shown_as_one_bar(server: Server) -> None:
    data = ("--data", str(server.data))
    ended = run_on_terminal(server.home, "admin", "models", "rebuild", "standings", *data)
    assert ended.code == 0
    pictures = ended.out.split("\r\x1b[2K")  # each begins with the erasing of the one before
    assert max(picture.count("standings \x1b") for picture in pictures) == 1
