"""The operator's view in a real terminal, on a server that runs."""

from contextlib import ExitStack
from pathlib import Path

from tests.end_to_end.conftest import Guest, Serve
from tests.end_to_end.terminal import Terminal


def test_an_operator_sees_what_a_player_does(
    serve: Serve, guest: Guest, open_terminals: ExitStack, tmp_path: Path
) -> None:
    _, port = serve(0)
    data = str(tmp_path / "server" / "data")
    operator = open_terminals.enter_context(
        Terminal("admin", "--data", data, home=tmp_path / "operator", size=(120, 40))
    )
    operator.wait_for("Nothing has happened yet")
    guest(port, "Ann")
    operator.wait_for("player_signed_up")
    operator.press("ctrl+q")
    assert operator.wait_for_end() == 0
    assert operator.is_cooked


def test_without_a_server_nothing_is_drawn(open_terminals: ExitStack, tmp_path: Path) -> None:
    operator = open_terminals.enter_context(Terminal("admin", home=tmp_path))
    assert operator.wait_for_end() == 1
    assert operator.text.startswith("clouds-edges: no server runs on ")
    assert b"\x1b" not in operator.said
