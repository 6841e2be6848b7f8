"""Players who vanish, and those who wait for them."""

from datetime import datetime, timedelta

import pytest

from clouds_edges.domain.actors import (
    DOWNTIME,
    END_GRACE,
    PRESENCE,
    BotLevel,
    Player,
    Seat,
    bot_seat,
)
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.commands import (
    ClaimGame,
    DrawLine,
    EndGrace,
    NoteAbsence,
    NoteReturn,
    StandClock,
)
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import (
    ClockPressed,
    ClockStarted,
    ClockStood,
    GameClaimed,
    GameEnded,
    GameStarted,
    GraceEnded,
    PlayerResigned,
    PlayerReturned,
    PlayerVanished,
)
from clouds_edges.domain.game.refusals import AlreadyOver, NobodyVanished
from clouds_edges.domain.permissions import permitted
from clouds_edges.rules import Board, Ending, Outcome, parse_line
from tests.domain.people import ANN, BOB, CYD
from tests.scenario import NOON, scenario

BOARD = Board(1, 2)
GRACE = timedelta(seconds=60)
NOTHING = scenario(permitted(GAME_DECIDER))
BOT = bot_seat(BotLevel.RANDOM)
ANTON = Player(ANN.id, "Anton", "🐟", "#d9a441")


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def started(*seats: Seat, clock: Clock | None = None) -> GameStarted:
    return GameStarted(BOARD, private=False, seats=seats, first=0, clock=clock)


def vanished(seat: int, at: float = 0) -> PlayerVanished:
    return PlayerVanished(seat, later(at), later(at + 60))


GONE = NoteAbsence(BOB.id, GRACE)
BACK = NoteReturn(BOB.id)
OF_TWO = NOTHING.given(started(Seat(ANN), Seat(BOB)))
OF_THREE = NOTHING.given(started(Seat(ANN), Seat(BOB), Seat(CYD)))
WITHOUT_BOB = OF_TWO.given(vanished(1))
LONG_WITHOUT_BOB = WITHOUT_BOB.given(GraceEnded(1))


def test_who_vanishes_has_a_while_to_come_back() -> None:
    story = OF_TWO.when(GONE, by=PRESENCE).then(vanished(1))
    assert story.state is not None
    assert story.state.graces == {1: later(60)}
    story = story.when(BACK, by=PRESENCE).then(PlayerReturned(1))
    assert story.state == OF_TWO.state


def test_one_vanishes_once_and_returns_once() -> None:
    WITHOUT_BOB.when(GONE, by=PRESENCE, at=later(5)).then()
    OF_TWO.when(BACK, by=PRESENCE).then()


def test_the_grace_ends_when_it_is_over_and_not_before() -> None:
    WITHOUT_BOB.when(EndGrace(1), by=END_GRACE, at=later(59)).then()
    story = WITHOUT_BOB.when(EndGrace(1), by=END_GRACE, at=later(60)).then(GraceEnded(1))
    story.when(EndGrace(1), by=END_GRACE, at=later(61)).then()


def test_who_is_there_has_no_grace_to_end() -> None:
    OF_TWO.when(EndGrace(1), by=END_GRACE, at=later(1000)).then()
    WITHOUT_BOB.given(PlayerReturned(1)).when(EndGrace(1), by=END_GRACE, at=later(60)).then()


def test_who_waits_claims_the_game_once_the_grace_has_ended() -> None:
    WITHOUT_BOB.when(ClaimGame(), by=ANN, at=later(59)).then_refused(NobodyVanished)
    outcome = Outcome(Ending.ABANDONED, scores=(0, 0), winners=(0,))
    story = LONG_WITHOUT_BOB.when(ClaimGame(), by=ANN).then(
        GameClaimed(0, (1,)), GameEnded(outcome)
    )
    story.when(ClaimGame(), by=ANN).then_refused(AlreadyOver)
    assert story.state is not None
    assert story.state.graces == {}


def test_who_is_back_is_not_claimed() -> None:
    back = LONG_WITHOUT_BOB.when(BACK, by=PRESENCE).then(PlayerReturned(1))
    back.when(ClaimGame(), by=ANN).then_refused(NobodyVanished)


def test_nobody_claims_their_own_absence() -> None:
    LONG_WITHOUT_BOB.when(ClaimGame(), by=BOB).then_refused(NobodyVanished)


def test_who_waits_may_keep_waiting() -> None:
    game = LONG_WITHOUT_BOB.when(DrawLine(parse_line("a1h")), by=ANN).then_whatever()
    game.when(BACK, by=PRESENCE).then(PlayerReturned(1))


def test_of_three_players_two_play_on_without_the_third() -> None:
    gone = OF_THREE.given(vanished(1), GraceEnded(1))
    story = gone.when(ClaimGame(), by=CYD).then(GameClaimed(2, (1,)))
    story = story.when(DrawLine(parse_line("a1h")), by=ANN).then_whatever()
    story.when(DrawLine(parse_line("b1h")), by=CYD).then_whatever()
    story.when(ClaimGame(), by=ANN).then_refused(NobodyVanished)


def test_the_last_who_is_there_claims_from_all_others_at_once() -> None:
    gone = OF_THREE.given(vanished(0), vanished(1), GraceEnded(0), GraceEnded(1))
    outcome = Outcome(Ending.ABANDONED, scores=(0, 0, 0), winners=(2,))
    gone.when(ClaimGame(), by=CYD).then(GameClaimed(2, (0, 1)), GameEnded(outcome))


def test_who_has_time_left_to_come_back_is_not_claimed_with_the_others() -> None:
    gone = OF_THREE.given(vanished(0), vanished(1), GraceEnded(1))
    gone.when(ClaimGame(), by=CYD).then(GameClaimed(2, (1,)))


def test_who_resigned_claims_nothing_and_is_not_claimed() -> None:
    resigned = OF_THREE.given(vanished(1), PlayerResigned(1))
    assert resigned.state is not None
    assert resigned.state.graces == {}
    resigned.when(EndGrace(1), by=END_GRACE, at=later(60)).then()
    resigned.given(GraceEnded(1)).when(ClaimGame(), by=ANN).then_refused(NobodyVanished)
    OF_THREE.given(PlayerResigned(0), vanished(1), GraceEnded(1)).when(
        ClaimGame(), by=ANN
    ).then_refused(AlreadyOver)


def test_a_claim_in_the_turn_of_the_vanished_hands_the_clock_on() -> None:
    clock = Clock(timedelta(seconds=300), timedelta(seconds=3))
    gone = NOTHING.given(
        started(Seat(BOB), Seat(ANN), Seat(CYD), clock=clock),
        ClockStarted(NOON),
        vanished(0),
        GraceEnded(0),
    )
    gone.when(ClaimGame(), by=CYD, at=later(70)).then(
        GameClaimed(2, (0,)), ClockPressed(0, timedelta(seconds=230), later(70))
    )


def test_people_at_one_keyboard_vanish_and_return_together() -> None:
    shared = NOTHING.given(started(Seat(ANN), Seat(ANTON), Seat(BOB)))
    gone = shared.when(NoteAbsence(ANN.id, GRACE), by=PRESENCE).then(vanished(0), vanished(1))
    gone.when(NoteReturn(ANN.id), by=PRESENCE).then(PlayerReturned(0), PlayerReturned(1))
    outcome = Outcome(Ending.ABANDONED, scores=(0, 0, 0), winners=(2,))
    gone.given(GraceEnded(0), GraceEnded(1)).when(ClaimGame(), by=BOB).then(
        GameClaimed(2, (0, 1)), GameEnded(outcome)
    )


def test_people_at_one_keyboard_claim_with_one_voice() -> None:
    shared = NOTHING.given(started(Seat(ANN), Seat(ANTON), Seat(BOB)), vanished(2), GraceEnded(2))
    shared.when(ClaimGame(), by=ANN).then(GameClaimed(0, (2,)))


@pytest.mark.parametrize("other", [BOT, Seat(ANTON)])
def test_nobody_vanishes_where_nobody_else_waits(other: Seat) -> None:
    alone = NOTHING.given(started(Seat(ANN), other))
    alone.when(NoteAbsence(ANN.id, GRACE), by=PRESENCE).then()


def test_bots_are_never_absent() -> None:
    with_bot = NOTHING.given(started(Seat(ANN), Seat(BOB), BOT))
    with_bot.when(NoteAbsence(BOT.player.id, GRACE), by=PRESENCE).then()


def test_the_grace_lasts_longer_by_the_time_in_which_the_server_was_away() -> None:
    story = WITHOUT_BOB.when(StandClock(later(20), later(320)), by=DOWNTIME).then(
        ClockStood(later(20), later(320))
    )
    assert story.state is not None
    assert story.state.graces == {1: later(360)}
    story.when(EndGrace(1), by=END_GRACE, at=later(359)).then()
    story.when(EndGrace(1), by=END_GRACE, at=later(360)).then(GraceEnded(1))


def test_a_server_that_knows_badly_when_it_went_takes_no_grace_away() -> None:
    gone = OF_TWO.given(vanished(1, at=10))
    story = gone.when(StandClock(later(-1e9), later(300)), by=DOWNTIME).then(
        ClockStood(later(10), later(300))
    )
    assert story.state is not None
    assert story.state.graces == {1: later(360)}


def test_a_grace_that_has_ended_stays_ended_while_the_server_is_away() -> None:
    LONG_WITHOUT_BOB.when(StandClock(later(90), later(300)), by=DOWNTIME).then()
    clock = Clock(timedelta(seconds=300))
    timed = NOTHING.given(
        started(Seat(ANN), Seat(BOB), clock=clock), ClockStarted(NOON), vanished(1), GraceEnded(1)
    )
    after = timed.given(ClockStood(later(90), later(300)))
    after.when(ClaimGame(), by=ANN, at=later(300)).then_whatever()
