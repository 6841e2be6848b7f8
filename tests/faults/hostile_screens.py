"""F25: walks over every screen of a player and of an operator, with foreign text in all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS
from tests.end_to_end.terminal import Terminal
from tests.faults.hostile_log import GAME, PLAYER
from tests.faults.hostile_text import Words
from tests.faults.liar import Liar, lying

WITHOUT_FILTER: Final = (
    "-c",
    """
from clouds_edges.client.widgets import clean_filter
clean_filter.cleaned = lambda text: text
from clouds_edges.__main__ import main
main()
""",
)
"""The program as it were if nothing made foreign text harmless on its way to a screen."""
_SIZE: Final = (110, 34)
_CLEAR: Final = "\x15"
_PANES: Final = {
    "1": "player_signed_up",
    "2": "lobby/main",
    "3": "start-game",
    "4": "standings",
    "5": "events.db",
    "6": "in quarantine",
}
"""The panes of the operator by their keys, and what each shows whatever is in the log."""


def seen_by_player(words: Words, home: Path) -> bytes:
    """What is written to the terminal of who plays on a server that lies, up to the end of it."""
    with (
        lying(Liar(words, refuses_names=True)) as url,
        Terminal("play", "--server", url, home=home, size=_SIZE) as player,
    ):
        _see_home(player)
        _see_lobby(player)
        _see_games(player)
        assert player.wait_for_end() == 1
        return player.said


def seen_at_first(words: Words, home: Path, program: tuple[str, ...]) -> bytes:
    """What this program writes to the terminal up to the first screen."""
    with (
        lying(Liar(words)) as url,
        Terminal("play", "--server", url, home=home, size=_SIZE, program=program) as player,
    ):
        player.wait_for("Lobby: play and watch")
        player.wait_for("2x2 boxes")
        player.wait_until_still()
        player.press("q")
        assert player.wait_for_end() == 0
        return player.said


def seen_by_operator(data: Path, home: Path) -> bytes:
    """What is written to the terminal of an operator who looks into every pane."""
    with Terminal("admin", "--data", str(data), home=home, size=_SIZE) as operator:
        operator.wait_for("server_frozen")
        for pane, shown in _PANES.items():
            operator.press(pane)
            operator.wait_for(shown)
            operator.wait_until_still()
            operator.press("down", "enter")
            operator.wait_until_still()
            operator.press("escape")
            operator.wait_until_still()
        operator.press("ctrl+q")
        assert operator.wait_for_end() == 0
        return operator.said


def commands_of_player(url: str) -> tuple[tuple[str, ...], ...]:
    """The commands that ask a server beside playing."""
    return (
        ("devices", url),
        ("devices", url, "--json"),
        ("devices", url, "--code"),
        ("sign-out", url),
    )


def commands_of_operator(damaged: str) -> tuple[tuple[str, ...], ...]:
    """Every command that shows what is in the log."""
    plain = (
        ("events",),
        ("events", "--json"),
        ("aggregates",),
        ("state", GAME),
        ("state", PLAYERS),
        ("state", MAIN_LOBBY),
        ("check", GAME),
        ("check", damaged),
        ("state", damaged),
        ("inspect",),
        ("inspect", "events.db", "events"),
        ("inspect", "read-models/players.db", "players"),
        ("players",),
        ("games",),
        ("games", "--json"),
        ("standings",),
        ("activity",),
        ("system",),
        ("processes", "list"),
        ("models", "list"),
        ("verify",),
        ("unfreeze",),
        ("grant", PLAYER),
    )
    return tuple(("admin", *command) for command in plain)


def _see_home(player: Terminal) -> None:
    """The question for a name, home, its help and its dialogs."""
    player.wait_for("What shall the others call you?")
    player.wait_until_still()
    player.type("Ann")
    player.press("enter")
    player.wait_for("Lobby: play and watch")
    _open(player, "?", "choose; a click")
    player.press("escape")
    player.wait_until_still()
    _open(player, "b", "Play a bot")
    player.press("escape")
    player.wait_until_still()
    _open(player, "t", "Who plays with you?")
    player.press("escape")
    player.wait_until_still()
    _open(player, "r", "Your name from now on")
    player.press(_CLEAR)
    player.wait_until_still()
    player.type("Bo")
    player.wait_for("▊  Bo ")
    player.press("enter")
    player.wait_for("Not possible")


def _see_lobby(player: Terminal) -> None:
    """The lists, and the code of a private game; then a game of others."""
    _open(player, "l", "Open games: Enter joins")
    player.press("tab", "c")
    player.wait_for("is in the clipboard")
    player.press("enter")
    player.wait_for("Waiting")
    player.press("tab")
    player.wait_until_still()
    _open(player, "enter", "a   b")
    player.press("escape")
    player.wait_until_still()


def _see_games(player: Terminal) -> None:
    """Games of one's own: what happens there, what is asked, lost, over; then the end of all."""
    player.press("shift+tab", "shift+tab")
    player.wait_until_still()
    _open(player, "enter", "a   b")
    player.type("a2h")
    player.press("enter")
    player.wait_for("The server is frozen")
    _open(player, "\x12", "Resign this game?")  # Ctrl+R
    player.press("y")
    player.wait_for("This server lost or changed history")
    player.wait_until_still()
    player.press("escape")
    player.wait_until_still()
    player.press("\x18")  # Ctrl+X: the game ends
    player.wait_for("You won")
    player.press("escape", "escape")
    player.wait_for("Lobby: play and watch")
    player.wait_until_still()
    _open(player, "enter", "a   b")
    player.wait_until_still()
    _open(player, "ctrl+d", "Agree to end this game as a draw?")
    player.press("y")


def _open(player: Terminal, key: str, shown: str) -> None:
    player.press(key)
    player.wait_for(shown)
    player.wait_until_still()
