"""Whole games on a real server, by real terminals and key presses only."""

from typing import Final

from clouds_edges.rules import Board
from tests.end_to_end.conftest import Guest, Serve
from tests.end_to_end.people import (
    draw_by_typing,
    party,
    scattered,
    wait_for_board,
)

BOARD: Final = Board(3, 3)
LINES: Final = scattered(BOARD)


def test_two_people_play_a_game_that_a_third_watches(serve: Serve, guest: Guest) -> None:
    _, port = serve(0)
    ann, bob, cleo = (guest(port, name) for name in ("Ann", "Bob", "Cleo"))
    game = party(ann, bob, BOARD, [cleo])
    game.play(LINES)
    game.see_the_end()


def test_who_is_killed_in_the_middle_finds_the_game_and_plays_on(
    serve: Serve, guest: Guest
) -> None:
    _, port = serve(0)
    ann, bob = guest(port, "Ann"), guest(port, "Bob")
    game = party(ann, bob, BOARD)
    game.play(LINES[:9])

    bob.kill()
    again = guest(port, "Bob")
    again.wait_for("3x3 boxes · Ann and you · in play")
    again.press("enter")
    wait_for_board(again, game.position)

    game.seats["Bob"] = again
    game.play(LINES[9:])
    game.see_the_end()


def test_when_the_server_is_killed_the_game_goes_on_where_it_was(
    serve: Serve, guest: Guest
) -> None:
    server, port = serve(0)
    game = party(guest(port, "Ann"), guest(port, "Bob"), BOARD)
    game.play(LINES[:9])

    server.kill()
    for terminal in game.everybody:
        terminal.wait_for("! lost the server")
    drawn_alone = LINES[9]
    draw_by_typing(game.seats[game.turn], drawn_alone)

    serve(port)
    for terminal in game.everybody:
        terminal.wait_for("* 3x3 boxes")
    game.see_drawn(drawn_alone)
    game.play(LINES[10:])
    game.see_the_end()
