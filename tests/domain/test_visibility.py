"""Invite codes are for those who sit at the table."""

import pytest

from clouds_edges.domain.actors import Seat
from clouds_edges.domain.ids import GameId, InviteCode, PlayerId
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER
from clouds_edges.domain.lobby.events import Event, GameCancelled, GameOpened, SeatTaken
from clouds_edges.domain.visibility import event_as_seen_by, lobby_as_seen_by
from clouds_edges.rules import Board
from tests.domain.people import ANN, BOB, CYD

GAME = GameId("the-game")
INVITE = InviteCode("k3v9xz")
OPENED = GameOpened(GAME, Board(5, 5), 3, private=True, invite=INVITE, taken=(Seat(ANN),))
LOBBY = LOBBY_DECIDER.fold([OPENED, SeatTaken(GAME, Seat(BOB))])


@pytest.mark.parametrize("player", [ANN.id, BOB.id])
def test_who_sits_at_the_table_sees_its_invite(player: PlayerId) -> None:
    assert lobby_as_seen_by(player, LOBBY) == LOBBY


def test_others_see_the_table_without_its_invite() -> None:
    seen = lobby_as_seen_by(CYD.id, LOBBY).tables[GAME]
    assert seen.invite is None
    assert seen.taken == (Seat(ANN), Seat(BOB))


def test_the_event_shows_the_invite_to_who_opened_the_game() -> None:
    assert event_as_seen_by(ANN.id, OPENED) == OPENED
    hidden = event_as_seen_by(CYD.id, OPENED)
    assert isinstance(hidden, GameOpened)
    assert hidden.invite is None
    assert INVITE not in repr(hidden)


@pytest.mark.parametrize("event", [SeatTaken(GAME, Seat(BOB)), GameCancelled(GAME)])
def test_other_events_are_for_everybody(event: Event) -> None:
    assert event_as_seen_by(CYD.id, event) is event


def test_folding_what_one_sees_is_seeing_what_is_folded() -> None:
    events: list[Event] = [OPENED, SeatTaken(GAME, Seat(BOB))]
    for player in (ANN, CYD):
        seen = LOBBY_DECIDER.fold(event_as_seen_by(player.id, event) for event in events)
        assert seen == lobby_as_seen_by(player.id, LOBBY)
