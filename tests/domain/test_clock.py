"""The clock: it runs for who is to draw, and never gives time to anybody but by the increment."""

from datetime import datetime, timedelta

import pytest

from clouds_edges.domain.actors import (
    CALL_TIME,
    DOWNTIME,
    START_GAME,
    BotLevel,
    Process,
    Seat,
    bot_seat,
)
from clouds_edges.domain.game.clock import Clock, Clocks
from clouds_edges.domain.game.commands import (
    AcceptDraw,
    CallTime,
    DrawLine,
    Resign,
    StandClock,
    StartGame,
)
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import (
    ClockPressed,
    ClockStarted,
    ClockStood,
    DrawAccepted,
    DrawOffered,
    GameEnded,
    GameStarted,
    LineDrawn,
    PlayerResigned,
    TimeRanOut,
)
from clouds_edges.domain.game.refusals import (
    AlreadyOver,
    ClockImpossible,
    NotYourTurn,
    OutOfTime,
)
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.permissions import permitted
from clouds_edges.rules import Board, Ending, Outcome, parse_line
from tests.domain.people import ANN, BOB, CYD
from tests.scenario import NOON, scenario

BOARD = Board(1, 2)
CLOCK = Clock(timedelta(seconds=60), increment=timedelta(seconds=3))
TWO = (Seat(ANN), Seat(BOB))
THREE = (Seat(ANN), Seat(BOB), Seat(CYD))
NOTHING = scenario(permitted(GAME_DECIDER))


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def later(count: float) -> datetime:
    return NOON + seconds(count)


def timed(*seats: Seat, first: int = 0, board: Board = BOARD) -> GameStarted:
    return GameStarted(board, private=False, seats=seats, first=first, clock=CLOCK)


STARTED = NOTHING.given(timed(*TWO), ClockStarted(NOON))
OF_THREE = NOTHING.given(timed(*THREE), ClockStarted(NOON))
UNTIMED = NOTHING.given(GameStarted(BOARD, private=False, seats=TWO, first=0))


def draw(line: str) -> DrawLine:
    return DrawLine(parse_line(line))


def drawn(seat: int, line: str) -> LineDrawn:
    return LineDrawn(seat, parse_line(line))


def pressed(seat: int, left: float, at: float) -> ClockPressed:
    return ClockPressed(seat, seconds(left), later(at))


def clocks_of(game: Game | None) -> Clocks:
    assert game is not None
    assert game.clocks is not None
    return game.clocks


def test_the_clock_runs_from_the_start_on() -> None:
    command = StartGame(BOARD, private=False, seats=TWO, first=0, clock=CLOCK)
    story = NOTHING.when(command, by=START_GAME).then(timed(*TWO), ClockStarted(NOON))
    assert clocks_of(story.state) == Clocks((seconds(60), seconds(60)), NOON)
    assert story.state is not None
    assert story.state.runs_out == later(60)


def test_a_clock_that_no_game_can_have_is_never_recorded() -> None:
    command = StartGame(BOARD, private=False, seats=TWO, first=0, clock=Clock(seconds(0)))
    NOTHING.when(command, by=START_GAME).then_refused(ClockImpossible)


def test_a_line_costs_the_time_it_took_and_a_turn_adds_the_increment() -> None:
    story = STARTED.when(draw("a1h"), by=ANN, at=later(10)).then(
        drawn(0, "a1h"), pressed(0, 60 - 10 + 3, at=10)
    )
    story = story.when(draw("b1h"), by=BOB, at=later(12)).then(
        drawn(1, "b1h"), pressed(1, 60 - 2 + 3, at=12)
    )
    story.when(draw("a2h"), by=ANN, at=later(20)).then(
        drawn(0, "a2h"), pressed(0, 53 - 8 + 3, at=20)
    )


def test_who_closes_a_box_goes_on_without_an_increment() -> None:
    story = STARTED.given(drawn(0, "a1h"), drawn(1, "a2h"), drawn(0, "a1v"), pressed(0, 40, at=5))
    story = story.when(draw("b1v"), by=BOB, at=later(9)).then(
        drawn(1, "b1v"), pressed(1, 60 - 4, at=9)
    )
    story.when(draw("b1h"), by=BOB, at=later(10)).then(
        drawn(1, "b1h"), pressed(1, 60 - 4 - 1 + 3, at=10)
    )


def test_the_clock_stops_with_the_last_line() -> None:
    before = STARTED.given(
        *(drawn(0, "a1h"), drawn(1, "b1h"), drawn(0, "a2h"), drawn(1, "b2h")),
        *(drawn(0, "a1v"), drawn(1, "c1v")),
    )
    outcome = Outcome(Ending.PLAYED_OUT, scores=(2, 0), winners=(0,))
    story = before.when(draw("b1v"), by=ANN, at=later(7)).then(
        drawn(0, "b1v"), pressed(0, 53, at=7), GameEnded(outcome)
    )
    assert story.state is not None
    assert story.state.runs_out is None
    story.when(CallTime(), by=CALL_TIME, at=later(1000)).then_refused(AlreadyOver)


def test_a_line_after_the_time_is_refused() -> None:
    STARTED.when(draw("a1h"), by=ANN, at=later(60)).then_refused(OutOfTime)
    STARTED.when(draw("a1h"), by=BOB, at=later(60)).then_refused(NotYourTurn)
    STARTED.when(draw("a1h"), by=ANN, at=later(59.999999)).then_whatever()


def test_who_has_no_time_left_loses_to_the_other() -> None:
    outcome = Outcome(Ending.TIME_RAN_OUT, scores=(0, 0), winners=(1,))
    story = STARTED.when(CallTime(), by=CALL_TIME, at=later(60)).then(
        TimeRanOut(0), pressed(0, 0, at=60), GameEnded(outcome)
    )
    story.when(CallTime(), by=CALL_TIME, at=later(61)).then_refused(AlreadyOver)


def test_time_is_not_called_while_there_is_some_left() -> None:
    STARTED.when(CallTime(), by=CALL_TIME, at=later(59)).then()
    drew = STARTED.given(drawn(0, "a1h"), pressed(0, 5, at=58))
    drew.when(CallTime(), by=CALL_TIME, at=later(60)).then()


def test_of_three_players_two_play_on_when_the_time_of_one_is_out() -> None:
    story = OF_THREE.when(CallTime(), by=CALL_TIME, at=later(61)).then(
        TimeRanOut(0), pressed(0, 0, at=61)
    )
    assert story.state is not None
    assert story.state.to_draw == BOB
    story = story.when(draw("a1h"), by=BOB, at=later(71)).then(
        drawn(1, "a1h"), pressed(1, 53, at=71)
    )
    story.when(draw("b1h"), by=ANN, at=later(72)).then_refused(NotYourTurn)
    outcome = Outcome(Ending.TIME_RAN_OUT, scores=(0, 0, 0), winners=(1,))
    story.when(CallTime(), by=CALL_TIME, at=later(71 + 60)).then(
        TimeRanOut(2), pressed(2, 0, at=71 + 60), GameEnded(outcome)
    )


def test_who_resigns_in_turn_hands_the_clock_on() -> None:
    story = OF_THREE.when(Resign(), by=ANN, at=later(20)).then(
        PlayerResigned(0), pressed(0, 40, at=20)
    )
    story.when(draw("a1h"), by=BOB, at=later(25)).then(drawn(1, "a1h"), pressed(1, 58, at=25))


def test_who_resigns_out_of_turn_leaves_the_clock_alone() -> None:
    story = OF_THREE.when(Resign(), by=BOB, at=later(20)).then(PlayerResigned(1))
    story.when(draw("a1h"), by=ANN, at=later(25)).then(drawn(0, "a1h"), pressed(0, 38, at=25))


def test_the_clock_stops_when_somebody_resigns_out_of_turn_and_ends_the_game() -> None:
    outcome = Outcome(Ending.RESIGNED, scores=(0, 0), winners=(0,))
    STARTED.when(Resign(), by=BOB, at=later(20)).then(
        PlayerResigned(1), pressed(0, 40, at=20), GameEnded(outcome)
    )


def test_the_clock_stops_when_a_draw_is_agreed() -> None:
    outcome = Outcome(Ending.DRAW_AGREED, scores=(0, 0), winners=(0, 1))
    STARTED.given(DrawOffered(0, 1)).when(AcceptDraw(1), by=BOB, at=later(20)).then(
        DrawAccepted(1, 1), pressed(0, 40, at=20), GameEnded(outcome)
    )


def test_a_clock_that_is_put_back_gives_nobody_time() -> None:
    story = STARTED.given(drawn(0, "a1h"), pressed(0, 50, at=10))
    story = story.when(draw("b1h"), by=BOB, at=later(-3600)).then(
        drawn(1, "b1h"), pressed(1, 63, at=10)
    )
    story.when(draw("a2h"), by=ANN, at=later(11)).then(drawn(0, "a2h"), pressed(0, 52, at=11))


def test_nobody_pays_for_the_time_in_which_the_server_was_away() -> None:
    story = STARTED.when(StandClock(later(10), later(3610)), by=DOWNTIME).then(
        ClockStood(later(10), later(3610))
    )
    assert clocks_of(story.state) == Clocks((seconds(50), seconds(60)), later(3610))
    story.when(draw("a1h"), by=ANN, at=later(3615)).then(
        drawn(0, "a1h"), pressed(0, 60 - 10 - 5 + 3, at=3615)
    )


@pytest.mark.parametrize("believed", [-1e9, -1, 4])
def test_a_server_that_knows_badly_when_it_went_charges_nothing_before_the_last_line(
    believed: float,
) -> None:
    story = STARTED.given(drawn(0, "a1h"), pressed(0, 55, at=5))
    story = story.when(StandClock(later(believed), later(100)), by=DOWNTIME).then(
        ClockStood(later(5), later(100))
    )
    assert clocks_of(story.state) == Clocks((seconds(55), seconds(60)), later(100))


def test_a_server_that_is_back_before_it_went_gives_nobody_time() -> None:
    """Its clock was put back while it was away."""
    story = STARTED.when(StandClock(later(10), later(-3600)), by=DOWNTIME).then(
        ClockStood(later(10), later(-3600))
    )
    assert clocks_of(story.state) == Clocks((seconds(50), seconds(60)), later(-3600))
    story.when(draw("a1h"), by=ANN, at=later(-3590)).then(drawn(0, "a1h"), pressed(0, 43, at=-3590))


def test_time_that_was_out_before_the_server_went_is_out() -> None:
    story = STARTED.given(ClockStood(later(100), later(200)))
    assert clocks_of(story.state).left == (seconds(0), seconds(60))
    story.when(CallTime(), by=CALL_TIME, at=later(200)).then_whatever()


def test_a_game_without_a_clock_has_none_to_follow() -> None:
    UNTIMED.when(StandClock(NOON, later(5)), by=DOWNTIME).then()
    UNTIMED.when(CallTime(), by=CALL_TIME, at=later(1e9)).then()
    story = UNTIMED.given(ClockStarted(NOON), pressed(0, 5, at=5))
    assert story.state == UNTIMED.state
    story.when(draw("a1h"), by=ANN, at=later(1e9)).then(drawn(0, "a1h"))
    assert story.state is not None
    assert story.state.runs_out is None


def test_the_time_of_a_bot_runs_as_well() -> None:
    bot = bot_seat(BotLevel.GREEDY)
    story = NOTHING.given(timed(Seat(ANN), bot, first=1), ClockStarted(NOON))
    me = Process(bot.player.id)
    story.when(draw("a1h"), by=me, at=later(2)).then(drawn(1, "a1h"), pressed(1, 61, at=2))
