"""The control of every story: a wrong expectation must fail."""

import pytest

from clouds_edges.domain.players.commands import Rename, SignUp
from clouds_edges.domain.players.decider import PLAYERS_DECIDER, AlreadySignedUp, NameTaken
from clouds_edges.domain.players.events import PlayerRenamed, PlayerSignedUp
from tests.domain.people import ANN, BOB
from tests.scenario import scenario

STORY = scenario(PLAYERS_DECIDER).given(PlayerSignedUp(ANN))
RENAMED = PlayerRenamed(ANN.id, "Anna")


def test_a_right_expectation_passes_and_the_story_goes_on() -> None:
    after = STORY.when(Rename("Anna"), by=ANN).then(RENAMED)
    assert after.history == (PlayerSignedUp(ANN), RENAMED)
    assert after.state.by_id[ANN.id].name == "Anna"


def test_another_event_than_expected_fails() -> None:
    with pytest.raises(AssertionError, match=r"expected .*'Anne'.* but happened .*'Anna'"):
        STORY.when(Rename("Anna"), by=ANN).then(PlayerRenamed(ANN.id, "Anne"))


def test_one_event_more_or_less_than_expected_fails() -> None:
    with pytest.raises(AssertionError, match="but happened"):
        STORY.when(Rename("Anna"), by=ANN).then()
    with pytest.raises(AssertionError, match="but happened"):
        STORY.when(Rename("Anna"), by=ANN).then(RENAMED, RENAMED)


def test_a_refusal_where_events_are_expected_fails() -> None:
    with pytest.raises(AssertionError, match="refused: AlreadySignedUp"):
        STORY.when(SignUp("Anna"), by=ANN).then(RENAMED)
    with pytest.raises(AssertionError, match="refused: AlreadySignedUp"):
        STORY.when(SignUp("Anna"), by=ANN).then_whatever()


def test_events_where_a_refusal_is_expected_fail() -> None:
    with pytest.raises(AssertionError, match="not refused"):
        STORY.when(Rename("Anna"), by=ANN).then_refused(NameTaken)


def test_another_reason_than_expected_fails() -> None:
    with pytest.raises(AssertionError, match="expected AlreadySignedUp, got NameTaken"):
        STORY.when(SignUp("ann"), by=BOB).then_refused(AlreadySignedUp)
