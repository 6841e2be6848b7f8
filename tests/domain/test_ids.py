from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.domain.ids import (
    MAIN_LOBBY,
    PLAYERS,
    GameId,
    category_of,
    game_id,
    game_in,
    game_stream,
    invite_code,
    player_id,
)

SEEDS = st.integers(0, 2**128 - 1)


@given(SEEDS)
def test_ids_have_a_fixed_width_and_no_letter_that_reads_as_a_digit(seed: int) -> None:
    assert (len(player_id(seed)), len(game_id(seed)), len(invite_code(seed))) == (12, 12, 6)
    assert not set(game_id(seed)) & set("ilouILOU")


@given(st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1))
def test_different_seeds_give_different_ids(one: int, other: int) -> None:
    assert (game_id(one) == game_id(other)) == (one == other)


@given(st.sampled_from(["k3v9k3v9k3v9", "game", "0"]))
def test_a_game_is_found_in_the_name_of_its_stream(text: str) -> None:
    assert game_in(game_stream(GameId(text))) == text


def test_the_category_is_what_comes_before_the_slash() -> None:
    streams = [game_stream(GameId("k3v9")), MAIN_LOBBY, PLAYERS]
    assert [category_of(stream) for stream in streams] == ["game", "lobby", "players"]
