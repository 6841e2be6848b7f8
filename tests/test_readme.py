"""Every command that the README shows works as it says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

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


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (command, re.findall(r"--[a-z]+", text))
        for text in re.findall(r"clouds-edges [^`\n]*", _README)
        for command in re.findall(r"^clouds-edges (\w+)", text)
    ]
    + [("serve", ["--data", "--port", "--host"])],
)
def test_every_command_and_option_is_known(command: str, options: list[str]) -> None:
    shown = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "clouds_edges", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert [option for option in options if option not in shown] == []


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
