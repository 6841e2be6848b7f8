"""People who play by pressing keys, and what they read on the board before them."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clouds_edges.client.widgets.board_geometry import Move, moved, region_of, region_of_box
from clouds_edges.rules import SEAT_LETTERS, Board, Box, Line, Position, parse_line
from tests.end_to_end.terminal import Terminal

_DRAWN: Final = frozenset("━┃═║")
_POINTED: Final = re.compile(r"\b([a-u]\d{1,2}[hv]), (?:free|drawn)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A board as the screen shows it."""

    drawn: frozenset[Line]
    owners: dict[Box, str]


def as_it_is(position: Position) -> Shown:
    """What every screen has to show of a position."""
    owners = {box: position.owner(box) for box in position.board.boxes}
    return Shown(
        frozenset(position.drawn_lines),
        {box: SEAT_LETTERS[seat] for box, seat in owners.items() if seat is not None},
    )


def shown(terminal: Terminal, board: Board) -> Shown:
    """Read the board from the screen, by its column letters and its glyphs."""
    letters = "   ".join("abcdefghijklmnopqrstu"[: board.cols + 1])
    rows = terminal.text.split("\n")
    y = next(number for number, row in enumerate(rows) if letters in row)
    x = rows[y].index(letters)
    lines = {line: region_of(line) for line in board.lines}
    boxes = {box: region_of_box(box) for box in board.boxes}
    letter_of = {box: terminal.cell(x + at.x + 1, y + 1 + at.y) for box, at in boxes.items()}
    return Shown(
        frozenset(
            line for line, at in lines.items() if terminal.cell(x + at.x, y + 1 + at.y) in _DRAWN
        ),
        {box: letter for box, letter in letter_of.items() if letter != " "},
    )


def wait_for_board(terminal: Terminal, position: Position) -> None:
    """Wait until the screen shows exactly this position."""
    wanted = as_it_is(position)
    terminal.wait_until(
        lambda: "a   b" in terminal.text and shown(terminal, position.board) == wanted, str(wanted)
    )


def boxes_of(terminal: Terminal, name: str) -> int:
    """How many boxes the panel gives somebody."""
    found = re.search(rf"\b{name} +(\d+)$", terminal.text, re.MULTILINE)
    assert found is not None, terminal.text
    return int(found[1])


def scattered(board: Board) -> tuple[Line, ...]:
    """All lines, neighbours apart, so that boxes are closed one by one and two at a time."""
    count = len(board.lines)
    return tuple(board.lines[7 * number % count] for number in range(count))


def draw_by_typing(terminal: Terminal, line: Line) -> None:
    """Type the notation, then Enter."""
    terminal.type(str(line))
    terminal.wait_for(f"{line}, free")
    terminal.press("enter")


def draw_by_arrows(terminal: Terminal, board: Board, line: Line) -> None:
    """Walk to the line, then space."""
    found = _POINTED.search(terminal.text)
    assert found is not None, terminal.text
    terminal.press(*_way(board, parse_line(found[1]), line))
    terminal.wait_for(f"{line}, free")
    terminal.press("space")


def open_game(terminal: Terminal, size: str, clock: str = "") -> None:
    """From home, open a game of this size, and with this clock, that waits in the lobby."""
    terminal.press("l")
    terminal.wait_for("Open games: Enter joins")
    terminal.press("o")
    terminal.wait_for("Open a game")
    if clock:
        terminal.wait_until_still()
        terminal.press("shift+tab")
        terminal.wait_until_still()
        terminal.type(clock)
        terminal.wait_for(f" {clock} ")
    choose_size(terminal, size, steps=4 if clock else 5)
    terminal.wait_for("· waiting for an opponent")


def choose_size(terminal: Terminal, size: str, *, steps: int) -> None:
    """In a dialog, go back as many fields as the size is away, and start."""
    terminal.wait_until_still()
    terminal.press(*["shift+tab"] * steps)
    terminal.wait_until_still()
    terminal.type(size)
    terminal.wait_for(f"│  {size} ")
    terminal.press("enter")


def join_game(terminal: Terminal, opener: str) -> None:
    """From home, join the only open game."""
    terminal.press("l")
    terminal.wait_for(f"· {opener} · 1 of 2 seats taken")
    terminal.wait_until_still()
    terminal.press("enter")


def watch_game(terminal: Terminal) -> None:
    """From home, watch the only game in play."""
    terminal.press("l")
    terminal.wait_for("· Ann and Bob · in play")
    terminal.wait_until_still()
    terminal.press("tab", "tab", "enter")


@dataclass(slots=True)
class Party:
    """A game on a server: who sits where, who watches, and what the rules say of it."""

    seats: dict[str, Terminal]
    watchers: list[Terminal]
    position: Position

    @property
    def turn(self) -> str:
        return tuple(self.seats)[self.position.seat_to_draw]

    @property
    def everybody(self) -> list[Terminal]:
        return [*self.seats.values(), *self.watchers]

    def play(self, lines: Iterable[Line]) -> None:
        """Draw each line by keys, by turns typed and with arrows; all see it."""
        for number, line in enumerate(lines):
            terminal = self.seats[self.turn]
            terminal.wait_for("Your turn")
            if number % 2:
                draw_by_arrows(terminal, self.position.board, line)
            else:
                draw_by_typing(terminal, line)
            self.see_drawn(line)

    def see_drawn(self, line: Line) -> None:
        """Everybody sees who drew this line, and the board after it."""
        name = self.turn
        self.position = self.position.draw(line)
        for terminal in self.everybody:
            who = "You" if terminal is self.seats[name] else name
            if not self.position.is_over:
                terminal.wait_for(f"{who} drew {line}")
            wait_for_board(terminal, self.position)

    def see_the_end(self) -> None:
        """Who won sees that they won, who lost that they lost, who watched neither."""
        outcome = self.position.outcome
        assert outcome is not None
        assert outcome.winner is not None
        most, least = max(outcome.scores), min(outcome.scores)
        names = tuple(self.seats)
        for seat, terminal in enumerate(self.seats.values()):
            won = seat == outcome.winner
            terminal.wait_for(f"You won {most} : {least}" if won else f"You lost {least} : {most}")
        for terminal in self.watchers:
            terminal.wait_for(f"{names[outcome.winner]} won {most} : {least}")
            assert "You" not in terminal.text
        for terminal in self.everybody:
            assert {name: boxes_of(terminal, name) for name in names} == dict(
                zip(names, outcome.scores, strict=True)
            )


def party(
    ann: Terminal,
    bob: Terminal,
    board: Board,
    watchers: Sequence[Terminal] = (),
    *,
    clock: str = "",
) -> Party:
    """Ann opens a game in the lobby, Bob joins it."""
    open_game(ann, str(board), clock)
    join_game(bob, "Ann")
    begins = ann.wait_for("Your turn", "Bob is to draw") != "Your turn"
    for terminal in watchers:
        watch_game(terminal)
    together = Party(
        {"Ann": ann, "Bob": bob}, list(watchers), Position.start(board, first=int(begins))
    )
    for terminal in together.everybody:
        wait_for_board(terminal, together.position)
    return together


def guest(url: str, name: str, home: Path) -> Terminal:
    """Somebody at the home screen, on this server."""
    terminal = Terminal("play", "--server", url, "--name", name, home=home / name)
    terminal.wait_for(f"Hello, {name}")
    return terminal


def _way(board: Board, start: Line, goal: Line) -> list[str]:
    """The arrows that lead from one line to another."""
    ways: dict[Line, list[str]] = {start: []}
    reached = deque([start])
    while goal not in ways:
        line = reached.popleft()
        for move in Move:
            to = moved(board, line, move)
            if to not in ways:
                ways[to] = [*ways[line], move.value]
                reached.append(to)
    return ways[goal]
