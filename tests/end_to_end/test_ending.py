"""However the program ends, the shell gets its terminal back and nobody reads a traceback."""

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.end_to_end.conftest import Guest, Serve
from tests.end_to_end.terminal import Terminal

_ORDINARY_SCREEN: Final = b"\x1b[?1049l"
_CURSOR: Final = b"\x1b[?25h"


def _left_as_it_was(terminal: Terminal) -> bool:
    """Whether the screen, the cursor and the keyboard are those of the shell again."""
    tail = terminal.said[-400:]
    return _ORDINARY_SCREEN in tail and _CURSOR in tail and terminal.is_cooked


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
def test_quitting_gives_the_terminal_back(serve: Serve, guest: Guest, key: str) -> None:
    _, port = serve(0)
    ann = guest(port, "Ann")
    assert not ann.is_cooked  # else the check below would see nothing
    ann.press(key)
    assert ann.wait_for_end() == 0
    assert _left_as_it_was(ann)


def test_leaving_the_question_for_a_name_ends_the_program(
    open_terminals: ExitStack, tmp_path: Path
) -> None:
    nobody = open_terminals.enter_context(Terminal("play", home=tmp_path))
    nobody.wait_for("What shall the others call you?")
    nobody.wait_until_still()
    nobody.press("escape")
    assert nobody.wait_for_end() == 1
    assert b"nobody plays without a name: start again and choose one" in nobody.said
    assert b"Traceback" not in nobody.said
    assert _ORDINARY_SCREEN in nobody.said
    assert nobody.is_cooked


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_client_that_is_told_to_end_says_nothing_of_its_insides(
    serve: Serve, guest: Guest, number: signal.Signals
) -> None:
    _, port = serve(0)
    ann = guest(port, "Ann")
    ann.signal(number)
    ann.wait_for_end()
    assert b"Traceback" not in ann.said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_takes_its_leave(
    serve: Serve, guest: Guest, number: signal.Signals
) -> None:
    server, port = serve(0)
    ann = guest(port, "Ann")
    server.signal(number)
    assert server.wait_for_end() == 0
    assert "every game goes on when the server is started again" in server.text
    assert b"Traceback" not in server.said
    ann.wait_for("! lost the server")


def test_without_a_server_one_sentence_says_what_to_do(
    open_terminals: ExitStack, tmp_path: Path
) -> None:
    nowhere = "127.0.0.1:1"
    lost = open_terminals.enter_context(Terminal("play", "--server", nowhere, home=tmp_path))
    assert lost.wait_for_end() == 1
    assert lost.text.startswith("clouds-edges: no server answers at 127.0.0.1 port 1")
    assert b"Traceback" not in lost.said
    assert _ORDINARY_SCREEN not in lost.said


def test_closing_the_window_ends_the_program(serve: Serve, guest: Guest) -> None:
    _, port = serve(0)
    guest(port, "Ann").hang_up()
    again = guest(port, "Ann")
    again.press("l")
    again.wait_for("* Lobby")
