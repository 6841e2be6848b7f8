"""What players wait for, told to each kind of reader."""

from datetime import UTC, datetime, timedelta

import pytest

from clouds_edges.client.waiting import is_waiting, notice, requests, times_left
from clouds_edges.domain.actors import BotLevel, Player, Seat, bot_seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import (
    ClockPressed,
    ClockStarted,
    DrawAccepted,
    DrawOffered,
    Event,
    GameEnded,
    GameStarted,
    GraceEnded,
    LineDrawn,
    PlayerResigned,
    PlayerVanished,
)
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import PlayerId
from clouds_edges.rules import Board, Ending, Outcome, parse_line

ANN, BOB, CY, EVE = (
    Player(PlayerId(name.lower()), name, "🐀", "#56b4e9") for name in ("Ann", "Bob", "Cy", "Eve")
)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
BLITZ = Clock(timedelta(minutes=5))


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def game(*events: Event, seats: tuple[Seat, ...] = (), clock: Clock | None = None) -> Game:
    started = GameStarted(
        Board(1, 2), private=False, seats=seats or (Seat(ANN), Seat(BOB)), first=0, clock=clock
    )
    folded = GAME_DECIDER.fold([started, *events])
    assert folded is not None
    return folded


OVER = GameEnded(Outcome(Ending.ABANDONED, (0, 0), (0,)))
BOB_GONE = PlayerVanished(1, NOON, later(60))
OFFERED = DrawOffered(1, 1)
THREE = (Seat(ANN), Seat(BOB), Seat(CY))


@pytest.mark.parametrize(
    ("reader", "words"),
    [(ANN, "Bob is away, 0:42 to return"), (EVE, "Bob is away, 0:42 to return"), (BOB, "")],
)
def test_those_who_wait_see_a_countdown(reader: Player, words: str) -> None:
    assert notice(game(BOB_GONE), reader.id, later(18)) == words


def test_a_countdown_ends_at_nothing_and_is_left_out_when_the_time_is_not_known() -> None:
    assert notice(game(BOB_GONE), ANN.id, later(99)) == "Bob is away, 0:00 to return"
    assert notice(game(BOB_GONE), ANN.id, None) == "Bob is away"


@pytest.mark.parametrize(
    ("reader", "words"),
    [(ANN, "Bob is away: Ctrl+W claims the game"), (EVE, "Bob is away"), (BOB, "")],
)
def test_who_plays_is_told_how_to_claim(reader: Player, words: str) -> None:
    found = game(BOB_GONE, GraceEnded(1))
    assert notice(found, reader.id, later(60)) == words
    assert requests(found, reader.id) == (
        {"claim", "offer_draw"} if reader is ANN else {"offer_draw"} if reader is BOB else set()
    )


@pytest.mark.parametrize(
    ("reader", "words"),
    [
        (ANN, "Bob offers a draw: Ctrl+D yes, Ctrl+X no"),
        (BOB, "You offer a draw, until the next line"),
        (EVE, "Bob offers a draw"),
    ],
)
def test_an_offer_is_told_to_who_answers_who_waits_and_who_watches(
    reader: Player, words: str
) -> None:
    found = game(OFFERED)
    assert notice(found, reader.id, NOON) == words
    assert ("decline_draw" in requests(found, reader.id)) is (reader is ANN)


def test_who_has_agreed_is_not_asked_again() -> None:
    found = game(OFFERED, DrawAccepted(0, 1), seats=THREE)
    assert notice(found, ANN.id, NOON) == "Bob offers a draw"
    assert "decline_draw" not in requests(found, ANN.id)
    assert "decline_draw" in requests(found, CY.id)


def test_an_offer_comes_before_who_is_away() -> None:
    found = game(OFFERED, BOB_GONE)
    assert notice(found, ANN.id, NOON).startswith("Bob offers a draw")


def test_an_offer_that_has_lapsed_is_told_no_more() -> None:
    assert notice(game(OFFERED, LineDrawn(0, parse_line("a1h"))), ANN.id, NOON) == ""


def test_after_the_end_nothing_is_waited_for() -> None:
    found = game(BOB_GONE, GraceEnded(1), OFFERED, OVER)
    assert notice(found, ANN.id, NOON) == ""
    assert requests(found, ANN.id) == set()
    assert not is_waiting(found)


def test_who_has_left_asks_for_nothing() -> None:
    found = game(PlayerResigned(0), PlayerVanished(1, NOON, later(60)), GraceEnded(1), seats=THREE)
    assert requests(found, ANN.id) == set()
    assert notice(found, ANN.id, NOON) == "Bob is away"


def test_bots_are_not_offered_a_draw() -> None:
    found = game(seats=(Seat(ANN), bot_seat(BotLevel.RANDOM)))
    assert requests(found, ANN.id) == set()


def test_only_the_time_of_who_is_to_draw_goes_by() -> None:
    found = game(ClockStarted(NOON), clock=BLITZ)
    assert times_left(found, later(61.5)) == ("3:59", "5:00")
    assert times_left(found, later(1000)) == ("0:00", "5:00")
    assert times_left(found, later(-1000)) == ("5:00", "5:00")
    assert times_left(found, None) == ("5:00", "5:00")
    assert is_waiting(found)


def test_after_the_end_no_time_goes_by() -> None:
    pressed = ClockPressed(0, timedelta(seconds=200), later(100))
    found = game(ClockStarted(NOON), pressed, OVER, clock=BLITZ)
    assert times_left(found, later(1000)) == ("3:20", "5:00")


def test_without_a_clock_there_is_no_time() -> None:
    assert times_left(game(), NOON) == ("", "")
    assert not is_waiting(game())
    assert is_waiting(game(BOB_GONE))
