"""Games on this machine alone, from the first start on."""

import re
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Final

from clouds_edges.bots import STRATEGIES
from clouds_edges.domain.actors import BotLevel
from clouds_edges.rules import Board, Position
from tests.end_to_end.people import (
    choose_size,
    draw_by_typing,
    scattered,
    shown,
    wait_for_board,
)
from tests.end_to_end.terminal import Terminal

_END: Final = re.compile(r"(You won|You lost|Draw) (\d) : (\d)$", re.MULTILINE)
_TURN_OR_END: Final = re.compile(rf"Your turn|{_END.pattern}", re.MULTILINE)


def _started(open_terminals: ExitStack, home: Path, name: str) -> Terminal:
    """Somebody who plays for the first time, after they have said their name."""
    terminal = open_terminals.enter_context(Terminal("play", home=home))
    terminal.wait_for("What shall the others call you?")
    terminal.wait_until_still()
    terminal.type(name)
    terminal.press("enter")
    terminal.wait_for(f"Hello, {name}")
    return terminal


def _turn_or_end(terminal: Terminal) -> str:
    """Wait until one has to draw or the game is over; the words for it."""
    terminal.wait_until(lambda: _TURN_OR_END.search(terminal.text) is not None, "turn or end")
    found = _TURN_OR_END.search(terminal.text)
    assert found is not None
    return found[0]


def _draw_next_free(terminal: Terminal, board: Board) -> None:
    drawn = shown(terminal, board).drawn
    terminal.press("tab", "enter")
    terminal.wait_until(lambda: shown(terminal, board).drawn > drawn, "another line")


def test_a_game_with_a_bot_is_played_by_tab_and_enter(
    open_terminals: ExitStack, tmp_path: Path
) -> None:
    board = Board(2, 2)
    cleo = _started(open_terminals, tmp_path, "Cleo")
    cleo.press("b")
    cleo.wait_for("Play a bot")
    choose_size(cleo, str(board), steps=2)
    cleo.wait_for("* 2x2 boxes")

    while _turn_or_end(cleo) == "Your turn":
        _draw_next_free(cleo, board)
        cleo.wait_until_still()  # the words may come behind the line

    found = _END.search(cleo.text)
    assert found is not None
    own, other = int(found[2]), int(found[3])
    assert own + other == len(board.boxes)
    assert found[1] == ("You won" if own > other else "You lost" if own < other else "Draw")
    assert shown(cleo, board).drawn == frozenset(board.lines)


def test_the_greedy_bot_can_be_beaten(open_terminals: ExitStack, tmp_path: Path) -> None:
    """By somebody who counts chains; the bot's chance comes from the log, so it always plays so."""
    board = Board(3, 3)
    finn = _started(open_terminals, tmp_path, "Finn")
    finn.press("b")
    finn.wait_for("Play a bot")
    choose_size(finn, str(board), steps=2)
    finn.wait_for("* 3x3 boxes")

    while _turn_or_end(finn) == "Your turn":
        drawn = shown(finn, board).drawn
        mask = sum(1 << board.index_of(line) for line in drawn)
        seen = Position(board, mask, owned=(0, 0), seat_to_draw=0)
        draw_by_typing(finn, STRATEGIES[BotLevel.CHAINS](seen, Random(5)))  # noqa: S311 - the same each time
        finn.wait_until(lambda: shown(finn, board).drawn > drawn, "another line")  # noqa: B023 - called at once
        finn.wait_until_still()  # as above

    assert "You won" in finn.text


def test_two_people_play_at_one_keyboard(open_terminals: ExitStack, tmp_path: Path) -> None:
    board = Board(1, 3)
    terminal = _started(open_terminals, tmp_path, "Dan")
    terminal.press("t")
    terminal.wait_for("Who plays with you?")
    terminal.wait_until_still()
    terminal.type("Eve")
    choose_size(terminal, str(board), steps=1)

    begins = terminal.wait_for("Dan is to draw", "Eve is to draw")
    names = ("Dan", "Eve")
    position = Position.start(board, first=names.index(begins.split()[0]))
    for line in scattered(board):
        terminal.wait_for(f"{names[position.seat_to_draw]} is to draw")
        draw_by_typing(terminal, line)
        position = position.draw(line)
        wait_for_board(terminal, position)

    outcome = position.outcome
    assert outcome is not None
    assert outcome.winner is not None
    most, least = max(outcome.scores), min(outcome.scores)
    terminal.wait_for(f"{names[outcome.winner]} won {most} : {least}")
    assert "You" not in terminal.text


def test_a_name_is_asked_for_only_once(open_terminals: ExitStack, tmp_path: Path) -> None:
    cleo = _started(open_terminals, tmp_path, "Cleo")
    cleo.press("q")
    assert cleo.wait_for_end() == 0

    again = open_terminals.enter_context(Terminal("play", home=tmp_path))
    again.wait_for("Hello, Cleo")
