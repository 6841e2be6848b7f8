import pytest

from clouds_edges.domain.actors import BotLevel, Player, bot_seat
from clouds_edges.domain.players.commands import Rename, SignUp
from clouds_edges.domain.players.decider import PLAYERS_DECIDER, AlreadySignedUp, NameTaken
from clouds_edges.domain.players.events import PlayerRenamed, PlayerSignedUp
from clouds_edges.domain.players.looks import AVATARS, COLOURS, avatar, colour
from clouds_edges.domain.players.names import skeleton
from clouds_edges.domain.players.state import Players
from clouds_edges.domain.refusals import NameUnacceptable, NotSignedUp
from tests.domain.people import ANN, BOB, GUEST
from tests.scenario import scenario

NOBODY = scenario(PLAYERS_DECIDER)
ANN_AND_BOB = NOBODY.given(PlayerSignedUp(ANN), PlayerSignedUp(BOB))


def test_a_guest_signs_up_and_gets_looks_by_chance() -> None:
    seed = 1234567
    player = Player(GUEST.id, "Eve", avatar(seed), colour(seed))
    NOBODY.when(SignUp("Eve"), by=GUEST, seed=seed).then(PlayerSignedUp(player))


def test_one_signs_up_once() -> None:
    sentence = ANN_AND_BOB.when(SignUp("Eve"), by=ANN).then_refused(AlreadySignedUp)
    assert sentence == "you are signed up already, as Ann"


@pytest.mark.parametrize("name", ["Bob", "bob", "\uff22ob"])
def test_a_name_that_looks_like_another_is_taken(name: str) -> None:
    ANN_AND_BOB.when(SignUp(name), by=GUEST).then_refused(NameTaken)
    ANN_AND_BOB.when(Rename(name), by=ANN).then_refused(NameTaken)


def test_an_unacceptable_name_is_refused() -> None:
    NOBODY.when(SignUp("Eve\x1b[31m"), by=GUEST).then_refused(NameUnacceptable)
    ANN_AND_BOB.when(Rename("\u202ebob"), by=ANN).then_refused(NameUnacceptable)


def test_a_player_takes_another_name_and_keeps_the_looks() -> None:
    after = ANN_AND_BOB.when(Rename("Anna"), by=ANN).then(PlayerRenamed(ANN.id, "Anna"))
    assert after.state.by_id[ANN.id] == Player(ANN.id, "Anna", ANN.avatar, ANN.colour)


def test_the_spelling_of_ones_own_name_can_be_changed() -> None:
    after = ANN_AND_BOB.when(Rename("ANN"), by=ANN).then(PlayerRenamed(ANN.id, "ANN"))
    assert dict(after.state.ids_by_name) == {"ann": ANN.id, "bob": BOB.id}


def test_a_name_given_up_is_free_for_others() -> None:
    renamed = ANN_AND_BOB.given(PlayerRenamed(ANN.id, "Anna"))
    renamed.when(Rename("Ann"), by=BOB).then(PlayerRenamed(BOB.id, "Ann"))


def test_the_state_can_be_made_of_everybody() -> None:
    state = ANN_AND_BOB.given(PlayerRenamed(ANN.id, "Anna")).state
    assert Players.of(state.by_id.values()) == state


def test_only_who_has_signed_up_renames() -> None:
    ANN_AND_BOB.when(Rename("Eve"), by=GUEST).then_refused(NotSignedUp)


def test_every_avatar_and_colour_comes_up_and_they_are_independent() -> None:
    looks = {(avatar(seed), colour(seed)) for seed in range(len(AVATARS) * len(COLOURS))}
    assert len(looks) == len(AVATARS) * len(COLOURS)


def test_bots_have_a_name_and_a_level() -> None:
    seats = [bot_seat(level) for level in BotLevel]
    assert [seat.bot for seat in seats] == list(BotLevel)
    assert len({skeleton(seat.player.name) for seat in seats}) == len(BotLevel)
