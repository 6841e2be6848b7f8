"""The program where its standard streams are not as they should be."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clouds_edges.cli.trouble import EXIT_TROUBLE
from tests.cli.programs import PATIENCE, Ended, environment, run, run_with, serving
from tests.cli.servers import Server

NOTHING_FITS = ">/dev/full"
CLOSED = ">&-"
INTERRUPTED_AT = """
import runpy, sys

where = sys.argv[1]

class Interrupting:
    def find_spec(name, path, target=None):
        if name == where:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting)
sys.argv[:2] = ["clouds-edges"]
runpy.run_module("clouds_edges", run_name="__main__")
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a running server, in which somebody has signed up."""
    home = tmp_path_factory.mktemp("home")
    data = home / "data"
    with serving(home, "--host", "127.0.0.1", "--port", "0", "--data", str(data)):
        Server(home, data).sign_up("Ann")
        yield data


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
@pytest.mark.parametrize(
    "command",
    [
        ("events",),
        ("events", "--json"),
        ("state", "players"),
        ("inspect", "events.db", "events"),
        ("players",),
        ("verify",),
    ],
    ids=" ".join,
)
def test_what_an_encoding_does_not_have_is_no_trouble(
    served: Path, command: tuple[str, ...], encoding: str
) -> None:
    ended = admin(served, *command, PYTHONIOENCODING=encoding)
    assert ended.code == 0, ended
    assert ended.out


@pytest.mark.parametrize(
    "command",
    [("system", "--json"), ("events",), ("verify",), ("verify", "--json"), ("--help",)],
    ids=" ".join,
)
def test_what_cannot_be_written_is_told(served: Path, command: tuple[str, ...]) -> None:
    ended = admin(served, *command, redirected=NOTHING_FITS)
    words = "what there is to show cannot be written: No space left on device"
    assert ended == Ended(EXIT_TROUBLE, "", f"clouds-edges: {words}\n")


def test_a_schema_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    ended = run_with(tmp_path, "schema", redirected=NOTHING_FITS)
    assert (ended.code, len(ended.err.splitlines())) == (EXIT_TROUBLE, 1)
    assert run(tmp_path, "schema").code == 0  # the control


def test_an_export_that_cannot_be_written_is_told(served: Path) -> None:
    ended = admin(served, "export", redirected=NOTHING_FITS)
    words = "the standard output cannot be written: No space left on device"
    assert ended == Ended(EXIT_TROUBLE, "", f"clouds-edges: {words}\n")


def test_an_export_to_nowhere_is_told(served: Path) -> None:
    ended = admin(served, "export", redirected=CLOSED)
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    assert ended.err.startswith("clouds-edges: the standard output is closed: write the log to")
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("closed", ["<&-", CLOSED])
@pytest.mark.parametrize("command", ["play", "admin"])
def test_without_a_stream_there_is_no_screen(tmp_path: Path, command: str, closed: str) -> None:
    ended = run_with(tmp_path, command, redirected=closed)
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    assert ended.err.startswith("clouds-edges: playing needs a terminal")


def test_trouble_without_anybody_to_tell_is_still_trouble(tmp_path: Path) -> None:
    for nowhere in ("2>&-", "2>/dev/full"):
        ended = run_with(tmp_path, "admin", "system", redirected=nowhere)
        assert ended.code == EXIT_TROUBLE


@pytest.mark.parametrize(
    "module", ["clouds_edges.cli", "typer", "clouds_edges.cli.schema", "clouds_edges.protocol"]
)
def test_whoever_presses_ctrl_c_early_sees_nothing_more(tmp_path: Path, module: str) -> None:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", INTERRUPTED_AT, module, "schema"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def admin(data: Path, *arguments: str, redirected: str = "", **more: str) -> Ended:
    if arguments != ("--help",):
        arguments = (*arguments, "--data", str(data))
    return run_with(data.parent, "admin", *arguments, redirected=redirected, **more)
