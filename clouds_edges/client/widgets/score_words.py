"""Who is in a game and how many boxes each has, as styled text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from clouds_edges.client.wording import names
from clouds_edges.rules import SEAT_LETTERS

if TYPE_CHECKING:
    from clouds_edges.domain.game.state import Game

SEAT_STYLES: Final = tuple(f"bold $seat-{letter}" for letter in SEAT_LETTERS.lower())
_WIDEST_NAME: Final = 24
_ELLIPSIS: Final = "~"
_ROOM_FOR_TIME: Final = 18
"""Cells that a seat needs for a name, boxes and time."""


def seat_row(game: Game, seat: int, width: int, time: str = "") -> Content:
    """One seat over a whole row: whose turn, letter, avatar, name, time left and boxes."""
    boxes = str(game.position.scores[seat])
    avatar = game.seats[seat].player.avatar
    time = time and f" {time}"
    room = width - cell_len(f"> A {avatar} {time} {boxes}")
    name = set_cell_size(_shortened(names(game.seats)[seat], room), room)
    return Content.assemble(
        (_mark(game, seat), "bold"),
        (SEAT_LETTERS[seat], SEAT_STYLES[seat]),
        f" {avatar} ",
        (name, _name_style(game, seat)),
        (time, _time_style(game, seat)),
        " ",
        (boxes, "bold"),
    )


def seats_in_one_row(game: Game, width: int, times: tuple[str, ...]) -> Content:
    """All seats in one row, with names as long as there is room for.

    Where there is little, only who is to draw is shown with their time.
    """
    each = width // len(game.seats)
    if each < _ROOM_FOR_TIME:
        running = game.position.seat_to_draw
        times = tuple(time if seat == running else "" for seat, time in enumerate(times))
    longest = max(map(len, times))
    room = each - len("> A  00  ") - (longest and longest + 1)
    parts = [
        Content.assemble(
            (_mark(game, seat), "bold"),
            (SEAT_LETTERS[seat], SEAT_STYLES[seat]),
            " ",
            (_shortened(name, min(room, _WIDEST_NAME)), _name_style(game, seat)),
            (f" {game.position.scores[seat]}", "bold"),
            (times[seat] and f" {times[seat]}", _time_style(game, seat)),
        )
        for seat, name in enumerate(names(game.seats))
    ]
    return Content("  ").join(parts)


def shares(game: Game, width: int) -> Content:
    """The boxes as a bar: each seat's part by its letter, and what is still open."""
    total = game.position.board.box_count
    cells = [boxes * width // total for boxes in game.position.scores]
    parts = [(SEAT_LETTERS[seat] * length, SEAT_STYLES[seat]) for seat, length in enumerate(cells)]
    return Content.assemble(*parts, ("." * (width - sum(cells)), "$text-disabled"))


def _mark(game: Game, seat: int) -> str:
    if game.outcome is not None:
        return "* " if seat in game.outcome.winners else "  "
    return "> " if seat == game.position.seat_to_draw else "  "


def _time_style(game: Game, seat: int) -> str:
    is_running = game.outcome is None and seat == game.position.seat_to_draw
    return "$text-warning bold" if is_running else "$text-muted"


def _name_style(game: Game, seat: int) -> str:
    return "strike" if seat in game.position.withdrawn else ""


def _shortened(name: str, room: int) -> str:
    if cell_len(name) <= room:
        return name
    return set_cell_size(name, max(0, room - 1)).rstrip() + _ELLIPSIS
