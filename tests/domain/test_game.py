import pytest

from clouds_edges.domain.actors import START_GAME, BotLevel, Player, Process, Seat, bot_seat
from clouds_edges.domain.game.commands import Command, DrawLine, Resign, StartGame
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import GameEnded, GameStarted, LineDrawn, PlayerResigned
from clouds_edges.domain.game.refusals import (
    AlreadyOver,
    AlreadyStarted,
    LineOffBoard,
    LineTaken,
    NoSuchGame,
    NotYourTurn,
)
from clouds_edges.domain.permissions import permitted
from clouds_edges.rules import Board, Ending, ImpossibleSeats, Outcome, parse_line
from tests.domain.people import ANN, BOB, CYD
from tests.scenario import scenario

NOTHING = scenario(permitted(GAME_DECIDER))
TWO = (Seat(ANN), Seat(BOB))
THREE = (Seat(ANN), Seat(BOB), Seat(CYD))
STARTED = NOTHING.given(GameStarted(Board(1, 2), private=False, seats=TWO, first=0))
STARTED_BY_THREE = NOTHING.given(GameStarted(Board(1, 2), private=False, seats=THREE, first=1))


def draw(line: str) -> DrawLine:
    return DrawLine(parse_line(line))


def drawn(seat: int, line: str) -> LineDrawn:
    return LineDrawn(seat, parse_line(line))


ALL_BUT_THE_MIDDLE = STARTED.given(
    drawn(0, "a1h"),
    drawn(1, "b1h"),
    drawn(0, "a2h"),
    drawn(1, "b2h"),
    drawn(0, "a1v"),
    drawn(1, "c1v"),
)
PLAYED_OUT = GameEnded(Outcome(Ending.PLAYED_OUT, scores=(2, 0), winners=(0,)))
OVER = ALL_BUT_THE_MIDDLE.given(drawn(0, "b1v"), PLAYED_OUT)


def test_a_game_starts_with_everybody_in_their_seats() -> None:
    command = StartGame(Board(1, 2), private=True, seats=TWO, first=1)
    started = GameStarted(Board(1, 2), private=True, seats=TWO, first=1)
    game = NOTHING.when(command, by=START_GAME).then(started).state
    assert game is not None
    assert game.to_draw == BOB
    assert game.private
    assert game.last_line is None


def test_a_game_starts_once() -> None:
    command = StartGame(Board(1, 2), private=False, seats=TWO, first=0)
    STARTED.when(command, by=START_GAME).then_refused(AlreadyStarted)
    OVER.when(command, by=START_GAME).then_refused(AlreadyStarted)


@pytest.mark.parametrize(("seats", "first"), [((Seat(ANN),), 0), (TWO, 2)])
def test_a_start_that_no_game_can_follow_is_a_bug_and_never_recorded(
    seats: tuple[Seat, ...], first: int
) -> None:
    with pytest.raises(ImpossibleSeats):
        NOTHING.when(StartGame(Board(1, 2), private=False, seats=seats, first=first), by=START_GAME)


@pytest.mark.parametrize("command", [draw("a1h"), Resign()])
def test_nothing_else_happens_to_a_game_that_has_not_begun(command: Command) -> None:
    NOTHING.when(command, by=ANN).then_refused(NoSuchGame)
    assert NOTHING.given(drawn(0, "a1h")).state is None


def test_a_second_start_in_the_log_changes_nothing() -> None:
    again = STARTED.given(GameStarted(Board(5, 5), private=True, seats=THREE, first=2))
    assert again.state == STARTED.state


def test_drawing_a_line_passes_the_turn() -> None:
    game = STARTED.when(draw("b1v"), by=ANN).then(drawn(0, "b1v")).state
    assert game is not None
    assert game.to_draw == BOB
    assert game.last_line == parse_line("b1v")


def test_closing_a_box_keeps_the_turn() -> None:
    story = STARTED.given(drawn(0, "a1h"), drawn(1, "a2h"), drawn(0, "a1v"))
    story = story.when(draw("b1v"), by=BOB).then(drawn(1, "b1v"))
    story.when(draw("b1h"), by=ANN).then_refused(NotYourTurn)
    story.when(draw("b1h"), by=BOB).then(drawn(1, "b1h"))


def test_the_last_line_ends_the_game() -> None:
    game = ALL_BUT_THE_MIDDLE.when(draw("b1v"), by=ANN).then(drawn(0, "b1v"), PLAYED_OUT).state
    assert game is not None
    assert game.outcome == PLAYED_OUT.outcome


def test_equal_scores_end_in_a_draw() -> None:
    one_box_for_ann = STARTED.given(
        drawn(0, "a1h"),
        drawn(1, "a2h"),
        drawn(0, "b1h"),
        drawn(1, "a1v"),
        drawn(0, "b1v"),
        drawn(0, "b2h"),
    )
    even = Outcome(Ending.PLAYED_OUT, scores=(1, 1), winners=(0, 1))
    one_box_for_ann.when(draw("c1v"), by=BOB).then(drawn(1, "c1v"), GameEnded(even))


@pytest.mark.parametrize("command", [draw("a1h"), draw("t20h"), Resign()])
@pytest.mark.parametrize("by", [ANN, BOB])
def test_a_finished_game_accepts_nothing(command: Command, by: Player) -> None:
    OVER.when(command, by=by).then_refused(AlreadyOver)


def test_one_draws_in_turn() -> None:
    assert STARTED.when(draw("a1h"), by=BOB).then_refused(NotYourTurn) == "it is Ann's turn"


def test_a_line_that_is_drawn_or_off_the_board_is_refused_with_its_name() -> None:
    taken = STARTED.given(drawn(0, "a1h")).when(draw("a1h"), by=BOB).then_refused(LineTaken)
    assert taken == "a1h is already drawn (the board has 1x2 boxes)"
    off = STARTED.when(draw("c1h"), by=ANN).then_refused(LineOffBoard)
    assert off == "c1h is not on the board (the board has 1x2 boxes)"


def test_a_refused_line_leaves_the_turn_where_it_was() -> None:
    STARTED.when(draw("c1h"), by=ANN).then_refused(LineOffBoard)
    STARTED.when(draw("a1h"), by=ANN).then(drawn(0, "a1h"))


@pytest.mark.parametrize(("by", "seat"), [(ANN, 0), (BOB, 1)])
def test_of_two_players_one_resigns_and_the_other_wins(by: Player, seat: int) -> None:
    outcome = Outcome(Ending.RESIGNED, scores=(0, 0), winners=(1 - seat,))
    STARTED.when(Resign(), by=by).then(PlayerResigned(seat), GameEnded(outcome))


def test_of_three_players_two_play_on() -> None:
    story = STARTED_BY_THREE.when(Resign(), by=BOB).then(PlayerResigned(1))
    story = story.when(draw("a1h"), by=CYD).then(drawn(2, "a1h"))
    story = story.when(draw("b1h"), by=ANN).then(drawn(0, "b1h"))
    story.when(draw("a2h"), by=BOB).then_refused(NotYourTurn)
    story.when(draw("a2h"), by=CYD).then(drawn(2, "a2h"))


def test_one_resigns_once() -> None:
    STARTED_BY_THREE.given(PlayerResigned(0)).when(Resign(), by=ANN).then_refused(AlreadyOver)


def test_of_three_players_the_last_one_wins() -> None:
    outcome = Outcome(Ending.RESIGNED, scores=(0, 0, 0), winners=(0,))
    STARTED_BY_THREE.given(PlayerResigned(1)).when(Resign(), by=CYD).then(
        PlayerResigned(2), GameEnded(outcome)
    )


NEIGHBOUR = Player(ANN.id, "Anton", "🐟", "#d9a441")
SHARED = NOTHING.given(
    GameStarted(Board(1, 2), private=False, seats=(Seat(ANN), Seat(NEIGHBOUR), Seat(BOB)), first=0)
)


def test_people_at_one_keyboard_draw_for_the_seat_whose_turn_it_is() -> None:
    story = SHARED.when(draw("a1h"), by=ANN).then(drawn(0, "a1h"))
    story = story.when(draw("b1h"), by=ANN).then(drawn(1, "b1h"))
    story.when(draw("a2h"), by=ANN).then_refused(NotYourTurn)


def test_at_one_keyboard_the_seat_to_draw_resigns() -> None:
    SHARED.given(drawn(0, "a1h")).when(Resign(), by=ANN).then(PlayerResigned(1))


def test_at_one_keyboard_a_seat_resigns_while_somebody_else_draws() -> None:
    others_turn = SHARED.given(drawn(0, "a1h"), drawn(1, "b1h"))
    story = others_turn.when(Resign(), by=ANN).then(PlayerResigned(0))
    outcome = Outcome(Ending.RESIGNED, scores=(0, 0, 0), winners=(2,))
    story.when(Resign(), by=ANN).then(PlayerResigned(1), GameEnded(outcome))


def test_a_bot_draws_for_its_seat() -> None:
    bot = bot_seat(BotLevel.GREEDY)
    started = GameStarted(Board(1, 2), private=False, seats=(Seat(ANN), bot), first=1)
    story = NOTHING.given(started)
    story.when(draw("a1h"), by=ANN).then_refused(NotYourTurn)
    story.when(draw("a1h"), by=Process(bot.player.id)).then(drawn(1, "a1h"))
