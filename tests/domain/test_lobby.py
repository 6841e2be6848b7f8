from datetime import timedelta

import pytest

from clouds_edges.domain.actors import (
    CLOSE_GAME,
    EXPIRE_GAMES,
    BotLevel,
    Player,
    Seat,
    bot_seat,
)
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.refusals import ClockImpossible
from clouds_edges.domain.ids import GameId, InviteCode, game_id, invite_code
from clouds_edges.domain.lobby.commands import (
    AcceptInvite,
    CancelGame,
    CloseGame,
    Command,
    ExpireGame,
    JoinGame,
    LeaveGame,
    OpenGame,
)
from clouds_edges.domain.lobby.decider import LOBBY_DECIDER, MOST_LIVE_GAMES
from clouds_edges.domain.lobby.events import (
    Event,
    GameCancelled,
    GameClosed,
    GameExpired,
    GameOpened,
    SeatLeft,
    SeatsFilled,
    SeatTaken,
)
from clouds_edges.domain.lobby.refusals import (
    AlreadyPlaying,
    AlreadySeated,
    OpenerStays,
    SeatsImpossible,
    TooManyGames,
    UnknownGame,
    UnknownInvite,
)
from clouds_edges.domain.permissions import permitted
from clouds_edges.domain.refusals import NameUnacceptable
from clouds_edges.rules import Board
from tests.domain.people import ANN, BOB, CYD, DAN
from tests.scenario import scenario

BOARD = Board(5, 5)
GAME = GameId("the-game")
INVITE = InviteCode("k3v9xz")
SEED = 0x1234_5678_9ABC_DEF0_1234_5678_9ABC_DEF0

EMPTY = scenario(permitted(LOBBY_DECIDER))


def opened(
    game: GameId = GAME,
    seats: int = 2,
    taken: tuple[Seat, ...] = (Seat(ANN),),
    invite: InviteCode | None = None,
) -> GameOpened:
    return GameOpened(game, BOARD, seats, invite is not None, invite, taken)


def filled(*players: Player, first: int, private: bool = False) -> SeatsFilled:
    return SeatsFilled(GAME, BOARD, private, tuple(map(Seat, players)), first)


OPEN = EMPTY.given(opened())
OPEN_FOR_THREE = EMPTY.given(opened(seats=3))
PRIVATE = EMPTY.given(opened(invite=INVITE))
PLAYING = OPEN.given(SeatTaken(GAME, Seat(BOB)), filled(ANN, BOB, first=1))


def test_who_opens_a_game_sits_in_it() -> None:
    after = EMPTY.when(OpenGame(BOARD), by=ANN, seed=SEED).then(opened(game_id(SEED)))
    table = after.state.tables[game_id(SEED)]
    assert table.opener == ANN
    assert not table.is_full


def test_a_private_game_gets_an_invite_that_its_public_id_does_not_show() -> None:
    game, invite = game_id(SEED), invite_code(SEED >> 60)
    EMPTY.when(OpenGame(BOARD, private=True), by=ANN, seed=SEED).then(opened(game, invite=invite))
    assert invite not in game


def test_the_last_seat_taken_fills_the_game_and_draws_first() -> None:
    after = OPEN.when(JoinGame(GAME), by=BOB).then(
        SeatTaken(GAME, Seat(BOB)), filled(ANN, BOB, first=1)
    )
    assert after.state.tables[GAME].is_playing
    assert after.state.tables[GAME].is_full


def test_a_game_for_three_waits_for_the_third() -> None:
    story = OPEN_FOR_THREE.when(JoinGame(GAME), by=BOB).then(SeatTaken(GAME, Seat(BOB)))
    story.when(JoinGame(GAME), by=CYD).then(
        SeatTaken(GAME, Seat(CYD)), filled(ANN, BOB, CYD, first=2)
    )


@pytest.mark.parametrize("command", [JoinGame(GAME), LeaveGame(GAME), CancelGame(GAME)])
def test_a_game_that_is_not_open_is_unknown(command: Command) -> None:
    EMPTY.when(command, by=ANN).then_refused(UnknownGame)
    OPEN.given(GameCancelled(GAME)).when(command, by=ANN).then_refused(UnknownGame)
    PLAYING.given(GameClosed(GAME)).when(command, by=ANN).then_refused(UnknownGame)


@pytest.mark.parametrize(
    ("command", "by"), [(JoinGame(GAME), CYD), (LeaveGame(GAME), BOB), (CancelGame(GAME), ANN)]
)
def test_a_game_that_has_begun_is_no_longer_joined_left_or_cancelled(
    command: Command, by: Player
) -> None:
    PLAYING.when(command, by=by).then_refused(AlreadyPlaying)


def test_one_does_not_play_against_oneself() -> None:
    OPEN.when(JoinGame(GAME), by=ANN).then_refused(AlreadySeated)
    PRIVATE.when(AcceptInvite(INVITE), by=ANN).then_refused(AlreadySeated)


def test_a_private_game_is_joined_with_its_invite() -> None:
    PRIVATE.when(AcceptInvite(INVITE), by=BOB).then(
        SeatTaken(GAME, Seat(BOB)), filled(ANN, BOB, first=1, private=True)
    )


@pytest.mark.parametrize("invite", ["k3v9xy", "", "None"])
def test_a_wrong_invite_is_refused(invite: str) -> None:
    PRIVATE.when(AcceptInvite(InviteCode(invite)), by=BOB).then_refused(UnknownInvite)
    OPEN.when(AcceptInvite(InviteCode(invite)), by=BOB).then_refused(UnknownInvite)


def test_an_invite_is_used_up_when_the_game_begins() -> None:
    playing = PRIVATE.given(SeatTaken(GAME, Seat(BOB)), filled(ANN, BOB, first=1, private=True))
    playing.when(AcceptInvite(INVITE), by=CYD).then_refused(UnknownInvite)


def test_a_seat_is_given_back_and_those_behind_move_up() -> None:
    story = EMPTY.given(opened(seats=4), SeatTaken(GAME, Seat(BOB)), SeatTaken(GAME, Seat(CYD)))
    after = story.when(LeaveGame(GAME), by=BOB).then(SeatLeft(GAME, BOB.id))
    assert after.state.tables[GAME].taken == (Seat(ANN), Seat(CYD))
    after.when(JoinGame(GAME), by=BOB).then(SeatTaken(GAME, Seat(BOB)))


def test_who_opened_a_game_cancels_it_instead_of_leaving() -> None:
    OPEN.when(LeaveGame(GAME), by=ANN).then_refused(OpenerStays)
    after = OPEN.when(CancelGame(GAME), by=ANN).then(GameCancelled(GAME))
    assert after.state.tables == {}


def test_a_game_that_has_ended_is_closed_once() -> None:
    story = PLAYING.when(CloseGame(GAME), by=CLOSE_GAME).then(GameClosed(GAME))
    story.when(CloseGame(GAME), by=CLOSE_GAME).then()


THREE_GAMES: list[Event] = [opened(GameId(f"game-{number}")) for number in range(MOST_LIVE_GAMES)]


def test_the_limit_is_three_live_games() -> None:
    assert MOST_LIVE_GAMES == 3


def test_a_player_in_three_games_opens_and_joins_no_fourth() -> None:
    bobs = opened(taken=(Seat(BOB),), invite=INVITE)
    story = EMPTY.given(*THREE_GAMES, bobs, opened(GameId("c"), taken=(Seat(CYD),)))
    story.when(OpenGame(BOARD), by=ANN).then_refused(TooManyGames)
    story.when(JoinGame(GameId("c")), by=ANN).then_refused(TooManyGames)
    story.when(AcceptInvite(INVITE), by=ANN).then_refused(TooManyGames)
    story.when(OpenGame(BOARD), by=DAN).then_whatever()


def test_games_in_play_count_as_well() -> None:
    story = PLAYING.given(*THREE_GAMES[1:])
    story.when(OpenGame(BOARD), by=ANN).then_refused(TooManyGames)
    story.when(OpenGame(BOARD), by=BOB).then_whatever()


@pytest.mark.parametrize("end", [GameCancelled(GameId("game-0")), GameClosed(GameId("game-0"))])
def test_a_game_that_is_gone_makes_room_for_another(end: GameCancelled | GameClosed) -> None:
    EMPTY.given(*THREE_GAMES, end).when(OpenGame(BOARD), by=ANN).then_whatever()


def test_a_seat_given_back_makes_room_for_another() -> None:
    third: list[Event] = [opened(taken=(Seat(BOB),), seats=3), SeatTaken(GAME, Seat(ANN))]
    story = EMPTY.given(*THREE_GAMES[1:], *third)
    story.when(OpenGame(BOARD), by=ANN).then_refused(TooManyGames)
    story.given(SeatLeft(GAME, ANN.id)).when(OpenGame(BOARD), by=ANN).then_whatever()


def test_bots_fill_the_seats_and_who_opened_the_game_draws_first() -> None:
    bots = (BotLevel.GREEDY, BotLevel.CHAINS)
    game, taken = game_id(SEED), (Seat(ANN), *map(bot_seat, bots))
    EMPTY.when(OpenGame(BOARD, seats=3, bots=bots), by=ANN, seed=SEED).then(
        opened(game, 3, taken),
        SeatsFilled(game, BOARD, private=False, taken=taken, first=0),
    )


def test_a_game_with_a_bot_and_a_free_seat_waits() -> None:
    command = OpenGame(BOARD, seats=3, bots=(BotLevel.RANDOM,))
    story = EMPTY.when(command, by=ANN, seed=SEED).then_whatever()
    assert not story.state.tables[game_id(SEED)].is_playing
    after = story.when(JoinGame(game_id(SEED)), by=BOB).then_whatever()
    last = after.history[-1]
    assert isinstance(last, SeatsFilled)
    assert last.taken[last.first].player == BOB


def test_neighbours_play_at_the_keyboard_of_who_opened_the_game() -> None:
    command = OpenGame(BOARD, seats=3, neighbours=("Anton", "Anja"))
    story = EMPTY.when(command, by=ANN, seed=SEED).then_whatever()
    taken = story.state.tables[game_id(SEED)].taken
    assert [seat.player.name for seat in taken] == ["Ann", "Anton", "Anja"]
    assert {seat.player.id for seat in taken} == {ANN.id}
    assert len({seat.player.avatar for seat in taken[1:]}) == 2
    assert isinstance(story.history[-1], SeatsFilled)
    assert len(story.state.tables_of(ANN.id)) == 1


def test_names_of_neighbours_follow_the_rules_of_names() -> None:
    command = OpenGame(BOARD, neighbours=("Bob\x1b[2J",))
    EMPTY.when(command, by=ANN).then_refused(NameUnacceptable)


@pytest.mark.parametrize(
    "command",
    [
        OpenGame(BOARD, seats=0),
        OpenGame(BOARD, seats=1),
        OpenGame(BOARD, seats=5),
        OpenGame(BOARD, seats=2, bots=(BotLevel.RANDOM,) * 2),
        OpenGame(BOARD, seats=2, bots=(BotLevel.RANDOM,), neighbours=("Anton",)),
        OpenGame(BOARD, seats=4, neighbours=("Anton", "Anja", "Arno", "Alma")),
    ],
)
def test_seats_that_no_game_has_are_refused(command: OpenGame) -> None:
    EMPTY.when(command, by=ANN).then_refused(SeatsImpossible)


BLITZ = Clock(timedelta(minutes=5), timedelta(seconds=3))


def test_the_clock_that_was_chosen_is_that_of_the_game() -> None:
    story = EMPTY.when(OpenGame(BOARD, clock=BLITZ), by=ANN, seed=SEED).then_whatever()
    game = game_id(SEED)
    assert story.state.tables[game].clock == BLITZ
    taken = (Seat(ANN), Seat(BOB))
    story.when(JoinGame(game), by=BOB).then(
        SeatTaken(game, Seat(BOB)),
        SeatsFilled(game, BOARD, private=False, taken=taken, first=1, clock=BLITZ),
    )


def test_a_game_with_a_bot_has_a_clock_as_well() -> None:
    command = OpenGame(BOARD, bots=(BotLevel.RANDOM,), clock=BLITZ)
    (_, filled_at_once) = EMPTY.when(command, by=ANN, seed=SEED).then_whatever().history
    assert isinstance(filled_at_once, SeatsFilled)
    assert filled_at_once.clock == BLITZ


@pytest.mark.parametrize(
    "clock",
    [
        Clock(timedelta(0)),
        Clock(timedelta(milliseconds=999)),
        Clock(timedelta(seconds=-1)),
        Clock(timedelta(hours=24, microseconds=1)),
        Clock(timedelta(minutes=5), timedelta(microseconds=-1)),
        Clock(timedelta(minutes=5), timedelta(minutes=10, microseconds=1)),
        Clock(timedelta(minutes=5), timedelta(microseconds=1)),
        Clock(timedelta(minutes=5), timedelta(seconds=2.5)),
        Clock(timedelta(minutes=5, microseconds=1)),
        Clock(timedelta.max, timedelta.max),
    ],
)
def test_a_clock_with_which_nobody_can_play_is_refused(clock: Clock) -> None:
    EMPTY.when(OpenGame(BOARD, clock=clock), by=ANN).then_refused(ClockImpossible)


@pytest.mark.parametrize(
    "clock",
    [Clock(timedelta(seconds=1)), Clock(timedelta(hours=24), timedelta(minutes=10))],
)
def test_the_shortest_and_the_longest_clock_are_played_with(clock: Clock) -> None:
    EMPTY.when(OpenGame(BOARD, clock=clock), by=ANN).then_whatever()


def test_an_open_game_that_nobody_joins_expires_once() -> None:
    after = OPEN.when(ExpireGame(GAME), by=EXPIRE_GAMES).then(GameExpired(GAME))
    assert after.state.tables == {}
    after.when(ExpireGame(GAME), by=EXPIRE_GAMES).then()
    after.when(JoinGame(GAME), by=BOB).then_refused(UnknownGame)


def test_a_game_in_play_does_not_expire() -> None:
    PLAYING.when(ExpireGame(GAME), by=EXPIRE_GAMES).then()
