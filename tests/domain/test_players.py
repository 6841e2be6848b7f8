from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.domain.actors import OPERATOR, Actor, Admin, BotLevel, Guest, Player, bot_seat
from clouds_edges.domain.forgotten import forgotten_name
from clouds_edges.domain.ids import PlayerId
from clouds_edges.domain.permissions import permitted
from clouds_edges.domain.players.commands import (
    Command,
    ForgetPlayer,
    GrantAdmin,
    Rename,
    SignUp,
    WithdrawAdmin,
)
from clouds_edges.domain.players.decider import (
    PLAYERS_DECIDER,
    AlreadySignedUp,
    NameTaken,
    UnknownPlayer,
)
from clouds_edges.domain.players.events import (
    AdminGranted,
    AdminWithdrawn,
    Event,
    PlayerForgotten,
    PlayerRenamed,
    PlayerSignedUp,
)
from clouds_edges.domain.players.looks import AVATARS, COLOURS, avatar, colour
from clouds_edges.domain.players.names import skeleton
from clouds_edges.domain.players.state import Players
from clouds_edges.domain.refusals import Forgotten, NameUnacceptable, NotAdmin
from clouds_edges.eventsourcing.decider import Refused
from tests.domain.people import ANN, BOB, CYD, GUEST
from tests.scenario import scenario

NOBODY = scenario(permitted(PLAYERS_DECIDER))
ADMIN = OPERATOR


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Sign-ups, then whatever commands lead to."""
    story = NOBODY
    people = [ANN, BOB, CYD]
    for step in draw(st.lists(st.tuples(st.sampled_from(people), st.integers(0, 6)), max_size=20)):
        person, choice = step
        names = ["Ann", "Bob", "Cyd", "Dan"]
        command: Command = ForgetPlayer(person.id)
        by: Actor = ADMIN
        if choice < len(names) + 1:
            command, by = Rename(names[choice % len(names)]), person
        if person.id not in story.state.by_id:
            command, by = SignUp(names[choice % len(names)]), Guest(person.id)
        happening = story.when(command, by=by)
        if not isinstance(happening.result, Refused):
            story = happening.then_whatever()
    return [*story.history]


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


def test_an_admin_has_a_player_forgotten_and_the_name_is_free() -> None:
    after = ANN_AND_BOB.when(ForgetPlayer(ANN.id), by=ADMIN).then(PlayerForgotten(ANN.id))
    assert after.state.by_id[ANN.id].name == "forgotten ann"
    assert after.state.by_id[BOB.id] == BOB
    after.when(Rename("Ann"), by=BOB).then(PlayerRenamed(BOB.id, "Ann"))


def test_a_player_is_forgotten_once() -> None:
    ANN_AND_BOB.given(PlayerForgotten(ANN.id)).when(ForgetPlayer(ANN.id), by=ADMIN).then()


def test_an_admin_gives_a_player_the_role_and_takes_it_back() -> None:
    story = ANN_AND_BOB.when(GrantAdmin(ANN.id), by=ADMIN).then(AdminGranted(ANN.id))
    assert set(story.state.admins) == {ANN.id}
    after = story.when(WithdrawAdmin(ANN.id), by=ADMIN).then(AdminWithdrawn(ANN.id))
    assert set(after.state.admins) == set()
    after.when(GrantAdmin(ANN.id), by=ADMIN).then(AdminGranted(ANN.id))


def test_who_has_the_role_is_not_given_it_again_and_who_has_not_loses_nothing() -> None:
    ANN_AND_BOB.given(AdminGranted(ANN.id)).when(GrantAdmin(ANN.id), by=ADMIN).then()
    ANN_AND_BOB.when(WithdrawAdmin(ANN.id), by=ADMIN).then()


def test_a_player_with_the_role_gives_it_on_and_can_lay_it_down() -> None:
    me = Admin(ANN.id)
    story = ANN_AND_BOB.given(AdminGranted(ANN.id))
    story = story.when(GrantAdmin(BOB.id), by=me).then(AdminGranted(BOB.id))
    story = story.when(WithdrawAdmin(ANN.id), by=me).then(AdminWithdrawn(ANN.id))
    story.when(GrantAdmin(ANN.id), by=me).then_refused(NotAdmin)


def test_the_role_ends_when_its_player_is_forgotten() -> None:
    story = ANN_AND_BOB.given(AdminGranted(ANN.id))
    after = story.when(ForgetPlayer(ANN.id), by=ADMIN).then(PlayerForgotten(ANN.id))
    assert set(after.state.admins) == set()
    sentence = after.when(GrantAdmin(ANN.id), by=ADMIN).then_refused(Forgotten)
    assert sentence == "player ann was forgotten, and does nothing any more"


@pytest.mark.parametrize("command", [ForgetPlayer, GrantAdmin, WithdrawAdmin])
def test_nothing_is_done_to_who_never_signed_up(command: Callable[[PlayerId], Command]) -> None:
    ANN_AND_BOB.when(command(GUEST.id), by=ADMIN).then_refused(UnknownPlayer)


@pytest.mark.parametrize("command", [SignUp("Eve"), Rename("Eve")])
def test_who_was_forgotten_does_nothing_any_more(command: Command) -> None:
    ANN_AND_BOB.given(PlayerForgotten(ANN.id)).when(command, by=ANN).then_refused(Forgotten)


@pytest.mark.parametrize("name", ["forgotten", "forgotten ann", "Forgotten Ann"])
def test_nobody_takes_a_name_like_that_of_a_forgotten_player(name: str) -> None:
    if name == "forgotten":
        NOBODY.when(SignUp(name), by=GUEST).then_whatever()
    else:
        NOBODY.when(SignUp(name), by=GUEST).then_refused(NameUnacceptable)


@given(histories())
def test_a_history_whose_names_are_gone_leads_to_the_same_state(history: list[Event]) -> None:
    gone = {event.player for event in history if isinstance(event, PlayerForgotten)}
    assert NOBODY.given(*(_without(event, gone) for event in history)).state == (
        NOBODY.given(*history).state
    )


def _without(event: Event, gone: set[PlayerId]) -> Event:
    match event:
        case PlayerSignedUp(player) if player.id in gone:
            return PlayerSignedUp(replace(player, name=forgotten_name(player.id)))
        case PlayerRenamed(player_id) if player_id in gone:
            return replace(event, name=forgotten_name(player_id))
        case _:
            return event


def test_the_state_can_be_made_of_everybody() -> None:
    changes: list[Event] = [PlayerRenamed(ANN.id, "Anna"), AdminGranted(ANN.id)]
    state = ANN_AND_BOB.given(*changes, PlayerForgotten(BOB.id)).state
    assert Players.of(state.by_id.values(), (BOB.id,), (ANN.id,)) == state


def test_every_avatar_and_colour_comes_up_and_they_are_independent() -> None:
    looks = {(avatar(seed), colour(seed)) for seed in range(len(AVATARS) * len(COLOURS))}
    assert len(looks) == len(AVATARS) * len(COLOURS)


def test_bots_have_a_name_and_a_level() -> None:
    seats = [bot_seat(level) for level in BotLevel]
    assert [seat.bot for seat in seats] == list(BotLevel)
    assert len({skeleton(seat.player.name) for seat in seats}) == len(BotLevel)
