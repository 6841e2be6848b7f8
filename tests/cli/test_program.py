import json
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from clouds_edges import __version__
from clouds_edges.cli.trouble import EXIT_TROUBLE
from clouds_edges.protocol.messages import ClientMessage, ServerMessage
from tests.cli.programs import PATIENCE, Ended, environment, run, run_on_terminal, serving

HEAVY = {"textual", "websockets", "pydantic", "zeroconf", "apsw", "sqlalchemy", "rich"}
OF_TYPER = {"pydantic"}
"""Typer reads arguments with pydantic; its help does without."""
WHAT_HELP_IMPORTS = """
import contextlib, sys
from clouds_edges.cli import main
sys.argv = ["clouds-edges", *sys.argv[1:]]
with contextlib.suppress(SystemExit):
    main()
print("imported:", *sys.modules)
"""


def imported_by(home: Path, *arguments: str) -> set[str]:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", WHAT_HELP_IMPORTS, *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return {name.partition(".")[0] for name in ended.stdout.rpartition("imported:")[2].split()}


@pytest.mark.parametrize("argument", ["--help", "-h"])
def test_help_imports_nothing_heavy(tmp_path: Path, argument: str) -> None:
    assert not imported_by(tmp_path, argument) & HEAVY


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        *(
            [*command, "--help"]
            for command in (
                ["serve"],
                ["play"],
                ["admin"],
                ["admin", "verify"],
                ["admin", "events"],
            )
        ),
    ],
)
def test_other_answers_import_nothing_heavy_of_ours(tmp_path: Path, arguments: list[str]) -> None:
    assert not imported_by(tmp_path, *arguments) & (HEAVY - OF_TYPER)


def test_what_is_imported_is_looked_at(tmp_path: Path) -> None:
    assert "pydantic" in imported_by(tmp_path, "schema")


def test_help_names_every_command(tmp_path: Path) -> None:
    ended = run(tmp_path, "--help")
    assert ended.code == 0
    for command in ("play", "serve", "schema", "admin"):
        assert re.search(rf"^ +{command} +\w", ended.out, re.MULTILINE)


def test_the_version_is_printed(tmp_path: Path) -> None:
    assert run(tmp_path, "--version") == Ended(0, f"clouds-edges {__version__}\n", "")


def test_the_schema_has_every_kind_of_message(tmp_path: Path) -> None:
    ended = run(tmp_path, "schema")
    assert (ended.code, ended.err) == (0, "")
    schema = json.loads(ended.out)
    for side, messages in (("client", ClientMessage), ("server", ServerMessage)):
        assert {one.__name__ for one in get_args(messages)} <= schema[side]["$defs"].keys()


@pytest.mark.parametrize(
    "arguments",
    [
        ["win"],
        ["serve", "--port", "70000"],
        ["play", "--x"],
        ["admin", "win"],
        ["admin", "export", "--after", "-1"],
        ["admin", "import", "/nowhere/a.log"],
    ],
)
def test_a_mistake_in_the_arguments_is_told(tmp_path: Path, arguments: list[str]) -> None:
    ended = run(tmp_path, *arguments)
    assert ended.code == 2
    assert "Usage:" in ended.err
    assert "Traceback" not in ended.err


def expect_trouble(ended: Ended, words: str) -> None:
    """One sentence on stderr (which a terminal shows with the rest), and an exit code."""
    told = ended.out + ended.err
    assert re.fullmatch(rf"clouds-edges: .*{words}.*\r?\n", told), told
    assert ended.code == EXIT_TROUBLE


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run(tmp_path, "serve", "--host", "127.0.0.1", "--port", port)
    assert ended.out == ""
    expect_trouble(ended, f"port {port} .*in use.*choose another --port")


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    expect_trouble(run(tmp_path, "serve", "--host", "192.0.2.1"), "cannot listen on 192.0.2.1")


def test_data_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run(tmp_path, "serve", "--port", "0", "--data", str(tmp_path / "file" / "data"))
    expect_trouble(ended, "file/data/server.pem cannot be written: Not a directory")


def test_a_second_server_on_the_same_data_is_told(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0", "--data", data):
        ended = run(tmp_path, "serve", "--host", "127.0.0.1", "--port", "0", "--data", data)
    expect_trouble(ended, "another server is writing to .*data: stop it, or choose another folder")


@pytest.mark.parametrize("arguments", [[], ["play"], ["play", "--server", "ws://127.0.0.1:1"]])
def test_playing_without_a_terminal_is_told(tmp_path: Path, arguments: list[str]) -> None:
    expect_trouble(run(tmp_path, *arguments), "needs a terminal")


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_be_drawn_on_is_told(tmp_path: Path, term: str) -> None:
    expect_trouble(run_on_terminal(tmp_path, term=term), f"TERM={term}\\)")


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ended = run_on_terminal(tmp_path, "play", "--server", f"ws://127.0.0.1:{port}")
    expect_trouble(ended, f"no server answers at 127.0.0.1 port {port} .*clouds-edges serve")
    assert "Errno" not in ended.out


@pytest.mark.parametrize("address", ["http://here", "ws://", "ws://here:99999", "ws://[::1", ""])
def test_an_address_that_is_none_is_told(tmp_path: Path, address: str) -> None:
    ended = run_on_terminal(tmp_path, "play", "--server", address)
    expect_trouble(ended, "is no address of a server: write one as wss://192.168.1.5:7853")
