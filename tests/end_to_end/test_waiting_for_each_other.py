"""Games that end because somebody does not play, by real terminals and key presses only."""

from typing import Final

from clouds_edges.rules import Board
from tests.end_to_end.conftest import Guest, Serve
from tests.end_to_end.people import party, scattered

BOARD: Final = Board(3, 3)
LINES: Final = scattered(BOARD)


def test_a_game_ends_on_time(serve: Serve, guest: Guest) -> None:
    _, port = serve(0)
    ann, bob, cleo = (guest(port, name) for name in ("Ann", "Bob", "Cleo"))
    game = party(ann, bob, BOARD, [cleo], clock="15s")
    game.play(LINES[:2])
    slow = game.turn
    quick = next(name for name in game.seats if name != slow)
    game.seats[slow].wait_for(f"You ran out of time, {quick}", seconds=40)
    game.seats[quick].wait_for("You won 0 : 0 on time")
    cleo.wait_for(f"{quick} won 0 : 0 on time")
    assert all("0:00" in terminal.text for terminal in game.everybody)


def test_who_waits_for_somebody_who_was_killed_claims_the_game(serve: Serve, guest: Guest) -> None:
    _, port = serve(0, "--grace", "2")
    ann, bob = guest(port, "Ann"), guest(port, "Bob")
    party(ann, bob, BOARD).play(LINES[:2])
    bob.kill()
    ann.wait_for("Bob is away, 0:0")
    ann.wait_for("Bob is away: Ctrl+W claims")
    ann.press("ctrl+w")
    ann.wait_for("You won 0 : 0, claimed")
    again = guest(port, "Bob")
    again.wait_for("Played 1, won 0")


def test_two_people_agree_to_a_draw(serve: Serve, guest: Guest) -> None:
    _, port = serve(0)
    ann, bob = guest(port, "Ann"), guest(port, "Bob")
    party(ann, bob, BOARD).play(LINES[:2])
    ann.press("ctrl+d")
    ann.wait_for("Offer to end this game as a draw?")
    ann.wait_until_still()
    ann.press("y")
    bob.wait_for("Ann offers a draw")
    bob.press("ctrl+d")
    bob.wait_for("Agree to end this game as a draw?")
    bob.wait_until_still()
    bob.press("y")
    for terminal in (ann, bob):
        terminal.wait_for("Draw 0 : 0 by agreement")
