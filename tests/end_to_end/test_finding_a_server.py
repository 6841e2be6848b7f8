"""Servers found on the network, and games found by an invite, by real terminals only."""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.cli.programs import serving
from tests.end_to_end.terminal import Terminal
from tests.server.multicast import network_with_multicast

WIDE: Final = (120, 24)
"""So that an invite fits into a line."""
PORT: Final = re.compile(r"serving on port (\d+)")
KEY: Final = re.compile(r"edges://\S+/([a-z2-7]{32})$", re.MULTILINE)
INVITE: Final = re.compile(r"Others join with: clouds-edges play (edges://\S+)")


def enter(terminal: Terminal, port: str) -> None:
    """From home, choose the server on this port among those that others may run at this time."""
    terminal.wait_for(f":{port} · encrypted")
    terminal.press("tab")
    while True:
        terminal.wait_until_still()
        terminal.press("enter")
        terminal.wait_for("no authority")
        terminal.wait_until_still()
        if f":{port} is new" in terminal.text:
            return
        terminal.press("n", "down")


def open_private_game(terminal: Terminal) -> str:
    """From home; the invite to it."""
    terminal.press("l")
    terminal.wait_for("Open games: Enter joins")
    terminal.press("o")
    terminal.wait_for("Open a game")
    terminal.wait_until_still()
    terminal.press(*["shift+tab"] * 3, "space", *["tab"] * 3, "enter")
    terminal.wait_for("Others join with:")
    terminal.wait_until_still()
    found = INVITE.search(terminal.text)
    assert found is not None, terminal.text
    return found[1]


def test_a_server_is_found_on_the_network_and_others_are_invited_to_a_game_there(
    tmp_path: Path, open_terminals: ExitStack
) -> None:
    address = network_with_multicast()
    _, said = open_terminals.enter_context(serving(tmp_path / "server", "--port", "0"))
    (port,), (key,) = PORT.findall(said), KEY.findall(said)

    ann = Terminal("play", "--name", "Ann", home=tmp_path / "ann", size=WIDE)
    open_terminals.enter_context(ann).wait_for("* this machine")
    enter(ann, port)
    assert key in ann.text
    ann.press("y")
    ann.wait_for(f"* wss://{address}:{port}")
    ann.wait_for("Hello, Ann")
    invite = open_private_game(ann)
    assert f"/{key}/" in invite

    bob = Terminal("play", invite, "--name", "Bob", home=tmp_path / "bob", size=WIDE)
    open_terminals.enter_context(bob)
    for terminal in (ann, bob):
        terminal.wait_for("Your turn", "is to draw")
