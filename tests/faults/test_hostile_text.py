"""F25: what reaches a terminal are the program's own sequences only, whatever names are like.

Takes about a minute of the CPU.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final

import pytest

from clouds_edges.client.credentials import Credentials
from tests.cli.programs import Ended, run_on_terminal, serving
from tests.end_to_end.terminal import Terminal
from tests.faults.hostile_log import write_log
from tests.faults.hostile_screens import (
    WITHOUT_FILTER,
    commands_of_operator,
    commands_of_player,
    seen_at_first,
    seen_by_operator,
    seen_by_player,
)
from tests.faults.hostile_text import (
    HOSTILE,
    MARK,
    OF_PROGRESS,
    OF_TEXTUAL,
    foreign_in,
    harmless,
    hostile,
)
from tests.faults.liar import Liar, lying

FAILING: Final = (
    "-c",
    """
from clouds_edges import cli

@cli.app.command()
def fail(text: str) -> None:
    raise LookupError(text + chr(10) + text)

cli.main()
""",
)
"""The program with a command more, in which there is a bug."""


@dataclass(frozen=True)
class Operated:
    """A server on a log with hostile texts in it, one stream of which is damaged."""

    home: Path
    damaged: str
    process: Popen[str]
    announced: str

    @property
    def data(self) -> Path:
        return self.home / "data"


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    home = tmp_path_factory.mktemp("operated")
    data = home / "data"
    data.mkdir()
    damaged = asyncio.run(write_log(data, hostile()))
    with serving(home, "--host", "127.0.0.1", "--port", "0", "--data", str(data)) as (
        process,
        announced,
    ):
        yield Operated(home, damaged, process, announced)


def _check_shown(shown: Ended, command: tuple[str, ...]) -> None:
    own = OF_PROGRESS if "verify" in command else ()
    assert foreign_in(shown.out.encode(), own) == [], command
    assert "Traceback" not in shown.out, command
    assert "Usage" not in shown.out, command


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_found(text: str) -> None:
    assert foreign_in(text.encode(), OF_TEXTUAL) or "[red]" in text


@pytest.mark.timeout(120)
def test_no_server_steers_the_terminal_of_a_player(tmp_path: Path) -> None:
    said = seen_by_player(hostile(), tmp_path)
    assert foreign_in(said, OF_TEXTUAL) == []
    assert said.count(MARK.encode()) > len(HOSTILE)
    assert b"[red]jim" in said
    assert b"Traceback" not in said


def test_without_the_filter_a_server_would(tmp_path: Path) -> None:
    assert foreign_in(seen_at_first(harmless, tmp_path, WITHOUT_FILTER), OF_TEXTUAL) == []
    foreign = foreign_in(seen_at_first(hostile(), tmp_path, WITHOUT_FILTER), OF_TEXTUAL)
    assert any(MARK in one for one in foreign)


def test_no_server_steers_the_terminal_of_who_asks_for_devices(tmp_path: Path) -> None:
    with lying(Liar(hostile())) as url:
        Credentials(tmp_path / "DATA" / "clouds-edges" / "tokens.json").token_for(url, None)
        for command in commands_of_player(url):
            _check_shown(run_on_terminal(tmp_path, *command), command)


@pytest.mark.timeout(120)
def test_no_log_steers_the_terminal_of_an_operator(operated: Operated, tmp_path: Path) -> None:
    said = seen_by_operator(operated.data, tmp_path)
    assert foreign_in(said, OF_TEXTUAL) == []
    assert said.count(MARK.encode()) > len(HOSTILE)
    assert b"Traceback" not in said


@pytest.mark.timeout(120)
def test_no_log_steers_the_terminal_of_a_command_or_of_the_server(operated: Operated) -> None:
    shown = ""
    for command in commands_of_operator(operated.damaged):
        ended = run_on_terminal(operated.home, *command, "--data", str(operated.data))
        _check_shown(ended, command)
        shown += ended.out
    assert shown.count(MARK) > len(HOSTILE)

    operated.process.terminate()
    assert operated.process.stderr is not None
    logged = operated.process.stderr.read()
    assert MARK in operated.announced + logged
    assert foreign_in((operated.announced + logged).encode(), ()) == []


def test_no_trace_of_a_bug_steers_the_terminal(tmp_path: Path) -> None:
    with Terminal("fail", HOSTILE[0], home=tmp_path, program=FAILING) as shell:
        assert shell.wait_for_end() == 1
        assert foreign_in(shell.said, ()) == []
        assert b"Traceback" in shell.said
