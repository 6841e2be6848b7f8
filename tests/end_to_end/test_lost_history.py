"""F29 in real terminals: an operator puts a backup back, and both players read of it."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from clouds_edges.rules import Board
from tests.end_to_end.conftest import Guest, Serve
from tests.end_to_end.people import party, scattered, wait_for_board
from tests.end_to_end.terminal import Terminal

BOARD: Final = Board(3, 3)
LINES: Final = scattered(BOARD)
NOTICE: Final = "This server lost or changed history"


def stop(server: Terminal, players: Sequence[Terminal]) -> None:
    server.signal(signal.SIGTERM)
    assert server.wait_for_end() == 0
    for terminal in players:
        terminal.wait_for("! lost the server")


def test_both_players_read_that_a_backup_was_put_back(
    serve: Serve, guest: Guest, tmp_path: Path
) -> None:
    data, backup = tmp_path / "server" / "data", tmp_path / "backup"
    server, port = serve(0)
    game = party(guest(port, "Ann"), guest(port, "Bob"), BOARD)
    game.play(LINES[:3])
    stop(server, game.everybody)
    shutil.copytree(data, backup)
    backed_up = game.position
    server, _ = serve(port)
    game.play(LINES[3:5])
    stop(server, game.everybody)

    shutil.rmtree(data)
    shutil.copytree(backup, data)
    serve(port)

    for terminal in game.everybody:
        terminal.wait_for(NOTICE)
        terminal.wait_for("of 6 events 4 left")
        terminal.wait_for("once accepted, is")
        terminal.press("escape")
        wait_for_board(terminal, backed_up)
        terminal.wait_for("* 3x3 boxes")  # it was read
    game.position = backed_up
    game.play(LINES[6:8])


def test_an_honest_restart_alarms_nobody(serve: Serve, guest: Guest) -> None:
    """The control: all the same, but nothing is put back."""
    server, port = serve(0)
    game = party(guest(port, "Ann"), guest(port, "Bob"), BOARD)
    game.play(LINES[:3])
    for lines in (LINES[3:5], LINES[5:6]):
        stop(server, game.everybody)
        server, _ = serve(port)
        for terminal in game.everybody:
            terminal.wait_for("* 3x3 boxes")
        game.play(lines)
    for terminal in game.everybody:
        assert NOTICE not in terminal.text
        assert "history lost" not in terminal.text
