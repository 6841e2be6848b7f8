"""Offers of a draw: numbered, answered by the others, gone with the next line."""

import pytest

from clouds_edges.domain.actors import BotLevel, Player, Seat, bot_seat
from clouds_edges.domain.game.commands import AcceptDraw, Command, DeclineDraw, DrawLine, OfferDraw
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import (
    DrawAccepted,
    DrawDeclined,
    DrawOffered,
    GameEnded,
    GameStarted,
    LineDrawn,
    PlayerResigned,
)
from clouds_edges.domain.game.refusals import (
    AlreadyOver,
    BotsPlayOn,
    NoSuchOffer,
    OfferedAlready,
    OfferStands,
    OwnOffer,
)
from clouds_edges.domain.permissions import permitted
from clouds_edges.rules import Board, Ending, Outcome, parse_line
from tests.domain.people import ANN, BOB, CYD
from tests.scenario import scenario

NOTHING = scenario(permitted(GAME_DECIDER))
ANTON = Player(ANN.id, "Anton", "🐟", "#d9a441")


def started(*seats: Seat) -> GameStarted:
    return GameStarted(Board(1, 2), private=False, seats=seats, first=0)


def agreed(*winners: int, seats: int = 2) -> GameEnded:
    return GameEnded(Outcome(Ending.DRAW_AGREED, (0,) * seats, winners))


LINE = LineDrawn(0, parse_line("a1h"))
OF_TWO = NOTHING.given(started(Seat(ANN), Seat(BOB)))
OF_THREE = NOTHING.given(started(Seat(ANN), Seat(BOB), Seat(CYD)))
OFFERED = OF_TWO.given(DrawOffered(0, 1))


@pytest.mark.parametrize(("by", "seat"), [(ANN, 0), (BOB, 1)])
def test_a_draw_is_offered_in_or_out_of_turn(by: Player, seat: int) -> None:
    OF_TWO.when(OfferDraw(), by=by).then(DrawOffered(seat, 1))


def test_two_players_who_agree_share_the_first_place() -> None:
    story = OFFERED.when(AcceptDraw(1), by=BOB).then(DrawAccepted(1, 1), agreed(0, 1))
    story.when(AcceptDraw(1), by=BOB).then_refused(AlreadyOver)


def test_who_declines_plays_on() -> None:
    story = OFFERED.when(DeclineDraw(1), by=BOB).then(DrawDeclined(1, 1))
    story.when(AcceptDraw(1), by=BOB).then_refused(NoSuchOffer)


def test_an_offer_lapses_with_the_next_line() -> None:
    story = OFFERED.when(DrawLine(LINE.line), by=ANN).then(LINE)
    story.when(AcceptDraw(1), by=BOB).then_refused(NoSuchOffer)
    story.when(DeclineDraw(1), by=BOB).then_refused(NoSuchOffer)


def test_an_answer_names_the_offer_it_is_meant_for() -> None:
    second = OFFERED.given(LINE, DrawOffered(0, 2))
    second.when(AcceptDraw(1), by=BOB).then_refused(NoSuchOffer)
    second.when(AcceptDraw(2), by=BOB).then(DrawAccepted(1, 2), agreed(0, 1))


@pytest.mark.parametrize("answer", [AcceptDraw(1), DeclineDraw(1)])
def test_one_does_not_answer_oneself(answer: Command) -> None:
    OFFERED.when(answer, by=ANN).then_refused(OwnOffer)


def test_one_offers_once_from_line_to_line() -> None:
    OFFERED.when(OfferDraw(), by=ANN).then_refused(OfferedAlready)
    declined = OFFERED.given(DrawDeclined(1, 1))
    declined.when(OfferDraw(), by=ANN).then_refused(OfferedAlready)
    declined.when(OfferDraw(), by=BOB).then(DrawOffered(1, 2))
    declined.given(LINE).when(OfferDraw(), by=ANN).then(DrawOffered(0, 2))


def test_an_offer_is_answered_and_not_repeated_by_the_other() -> None:
    sentence = OFFERED.when(OfferDraw(), by=BOB).then_refused(OfferStands)
    assert sentence == "Ann offers a draw already: answer that"


def test_of_three_players_all_have_to_agree() -> None:
    story = OF_THREE.when(OfferDraw(), by=BOB).then(DrawOffered(1, 1))
    story = story.when(AcceptDraw(1), by=ANN).then(DrawAccepted(0, 1))
    story.when(AcceptDraw(1), by=ANN).then()
    story.when(AcceptDraw(1), by=CYD).then(DrawAccepted(2, 1), agreed(0, 1, 2, seats=3))
    story.when(DeclineDraw(1), by=CYD).then(DrawDeclined(2, 1))


def test_who_has_left_is_not_asked_and_does_not_share_the_first_place() -> None:
    story = OF_THREE.given(PlayerResigned(0), DrawOffered(1, 1))
    story.when(AcceptDraw(1), by=ANN).then_refused(AlreadyOver)
    story.when(AcceptDraw(1), by=CYD).then(DrawAccepted(2, 1), agreed(1, 2, seats=3))


def test_an_offer_lapses_when_somebody_leaves() -> None:
    story = OF_THREE.given(DrawOffered(1, 1), DrawAccepted(0, 1), PlayerResigned(2))
    story.when(AcceptDraw(1), by=ANN).then_refused(NoSuchOffer)


def test_bots_do_not_agree_to_a_draw() -> None:
    against_a_bot = NOTHING.given(started(Seat(ANN), bot_seat(BotLevel.RANDOM)))
    against_a_bot.when(OfferDraw(), by=ANN).then_refused(BotsPlayOn)


def test_people_at_one_keyboard_speak_with_one_voice() -> None:
    shared = NOTHING.given(started(Seat(ANN), Seat(ANTON), Seat(BOB)))
    offered = shared.when(OfferDraw(), by=ANN).then(DrawOffered(0, 1))
    offered.when(AcceptDraw(1), by=ANN).then_refused(OwnOffer)
    offered.when(AcceptDraw(1), by=BOB).then(DrawAccepted(2, 1), agreed(0, 1, 2, seats=3))
    bobs = shared.given(DrawOffered(2, 1))
    bobs.when(AcceptDraw(1), by=ANN).then(DrawAccepted(0, 1), agreed(0, 1, 2, seats=3))


def test_two_at_one_keyboard_need_nobody_else_to_agree() -> None:
    alone = NOTHING.given(started(Seat(ANN), Seat(ANTON)))
    alone.when(OfferDraw(), by=ANN).then(DrawOffered(0, 1), agreed(0, 1))


def test_an_answer_in_the_log_without_an_offer_changes_nothing() -> None:
    assert OF_TWO.given(DrawAccepted(1, 1)).state == OF_TWO.state
