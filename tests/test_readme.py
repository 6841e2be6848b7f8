"""Every command that the README shows works as it says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pexpect
import pytest

from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.rules import Board
from tests.cli.servers import sign_up

_ROOT = Path(__file__).parents[1]
_README = (_ROOT / "README.md").read_text()
_SHELL = re.findall(r"```sh\n(.*?)```", _README, re.DOTALL)
_PYTHON = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)


def test_the_python_example_runs() -> None:
    (example,) = _PYTHON
    exec(example, {})  # noqa: S102 - it is our own


def test_ci_runs_the_test_command_of_the_readme() -> None:
    test_commands = [line for block in _SHELL for line in block.splitlines() if "pytest" in line]
    assert len(test_commands) == 1
    script = (_ROOT / ".ci" / "run").read_text()
    found = re.search(r"test_command=\$\(grep -m1 \"(.*)\" README.md\)", script)
    assert found is not None
    pattern = found[1].replace(r"\[", "[").replace(r"\]", "]")
    assert [line for line in _README.splitlines() if pattern in line] == test_commands
    assert 'bash -c "$test_command"' in script


def _named() -> list[list[str]]:
    """Every use of the program: its words, without comments and what is behind a pipe."""
    found = re.findall(r"clouds-edges ([^`\n#|]*)", _README)
    return [words for text in found if (words := shlex.split(text)) and words[0].isalpha()]


@pytest.mark.parametrize("words", [*_named(), ["serve", "--data", "--port", "--host", "--grace"]])
def test_every_command_and_option_is_known(words: list[str]) -> None:
    command = [*takewhile(str.isalpha, words)]
    shown = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "clouds_edges", *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    options = [word for word in words if word.startswith("-")]
    assert [option for option in options if option not in shown] == []


def test_an_operator_can_do_all_that_is_shown(tmp_path: Path) -> None:
    """On a server of the same user, in the folder that both take by themselves."""
    surroundings = {**os.environ, "XDG_DATA_HOME": str(tmp_path), "TERM": "xterm-256color"}
    program = [sys.executable, "-m", "clouds_edges"]
    commands = [words[1:] for words in _named() if words[0] == "admin" and words[1:]]
    assert len(commands) > 5
    serve = [*program, "serve", "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(serve, env=surroundings, stdout=subprocess.PIPE) as server:  # noqa: S603
        assert server.stdout is not None
        port = server.stdout.readline().decode().split("port ")[1].split(",")[0]
        try:
            sign_up(f"ws://127.0.0.1:{port}", "Ann", OpenGame(Board(5, 5)))
            for words in commands:
                done = subprocess.run(  # noqa: S603 - our own
                    [*program, "admin", *words],
                    env=surroundings,
                    cwd=tmp_path,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, (words, done.stderr)
            screen = pexpect.spawn(
                program[0], [*program[1:], "admin"], env=surroundings, dimensions=(24, 80)
            )
            screen.expect("Events")
            screen.terminate(force=True)
        finally:
            server.terminate()


@pytest.mark.timeout(400)
def test_the_first_command_brings_up_the_game(tmp_path: Path) -> None:
    """As on a new machine: a copy of the files, one line, and the game asks for a name."""
    copy = tmp_path / "clouds-edges"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(_ROOT / name, copy)
    shutil.copytree(
        _ROOT / "clouds_edges", copy / "clouds_edges", ignore=shutil.ignore_patterns("__pycache__")
    )
    command = next(block for block in _SHELL if "play" in block).strip()
    child = pexpect.spawn(
        "bash",
        ["-c", command],
        cwd=copy,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        | {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("DATA", "STATE", "CACHE")},
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=380,
    )
    child.expect("What shall the others call you")
    child.terminate(force=True)
