"""What is said about games, for each kind of reader."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest

from clouds_edges.client import wording
from clouds_edges.client.streams import HistoryLost
from clouds_edges.domain.actors import BotLevel, Player, Seat, bot_seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import (
    ClockPressed,
    ClockStarted,
    ClockStood,
    DrawAccepted,
    DrawDeclined,
    DrawOffered,
    Event,
    GameClaimed,
    GameEnded,
    GameStarted,
    GraceEnded,
    LineDrawn,
    PlayerResigned,
    PlayerReturned,
    PlayerVanished,
    TimeRanOut,
)
from clouds_edges.domain.game.state import Game
from clouds_edges.domain.ids import (
    MAIN_LOBBY,
    PLAYERS,
    GameId,
    InviteCode,
    PlayerId,
    game_stream,
)
from clouds_edges.domain.lobby.state import Table
from clouds_edges.protocol.messages import RecordIs
from clouds_edges.rules import Board, Ending, Outcome, Position, parse_line

ANN, BOB, CY, EVE = (
    Player(PlayerId(name.lower()), name, "🐀", "#56b4e9") for name in ("Ann", "Bob", "Cy", "Eve")
)
GAME = game_stream(GameId("0123"))
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ZOE_BESIDE_ANN = Player(ANN.id, "Zoe", "🐁", "#e69f00")


def game(*players: Player, lines: str = "", withdrawn: tuple[int, ...] = ()) -> Game:
    position = Position.start(Board(1, 2), len(players))
    position = reduce(Position.draw, map(parse_line, lines.split()), position)
    position = reduce(Position.withdraw, withdrawn, position)
    return Game(tuple(map(Seat, players)), private=False, position=position)


def ending(found: Game, reader: Player, scores: tuple[int, ...], winners: tuple[int, ...]) -> str:
    how = Ending.RESIGNED if found.position.withdrawn else Ending.PLAYED_OUT
    return wording.ending(found, Outcome(how, scores, winners), reader.id)


@pytest.mark.parametrize(
    ("reader", "sentence"),
    [(ANN, "You won 5 : 4"), (BOB, "You lost 4 : 5"), (EVE, "Ann won 5 : 4")],
)
def test_a_game_played_out_is_told_to_winner_loser_and_spectator(
    reader: Player, sentence: str
) -> None:
    assert ending(game(ANN, BOB), reader, (5, 4), (0,)) == sentence


@pytest.mark.parametrize("reader", [ANN, BOB, EVE])
def test_a_draw_is_the_same_for_everybody(reader: Player) -> None:
    assert ending(game(ANN, BOB), reader, (2, 2), (0, 1)) == "Draw 2 : 2"


@pytest.mark.parametrize(
    ("reader", "sentence"),
    [
        (ANN, "You won 3 : 4, Bob resigned"),
        (BOB, "You resigned, Ann won 3 : 4"),
        (EVE, "Ann won 3 : 4, Bob resigned"),
    ],
)
def test_a_resignation_names_who_resigned(reader: Player, sentence: str) -> None:
    assert ending(game(ANN, BOB, withdrawn=(1,)), reader, (3, 4), (0,)) == sentence


@pytest.mark.parametrize("reader", [ANN, BOB, EVE])
def test_a_cancelled_game_has_neither_winners_nor_losers(reader: Player) -> None:
    outcome = Outcome(Ending.CANCELLED, (0, 0), ())
    assert wording.ending(game(ANN, BOB), outcome, reader.id) == "The game was cancelled"


def test_people_who_share_a_keyboard_are_named_and_not_called_you() -> None:
    shared = game(ANN, ZOE_BESIDE_ANN)
    assert ending(shared, ANN, (1, 3), (1,)) == "Zoe won 3 : 1"
    assert wording.turn(shared, ANN.id) == "Ann is to draw"
    resigned = game(ANN, ZOE_BESIDE_ANN, withdrawn=(0,))
    assert ending(resigned, ANN, (1, 0), (1,)) == "Zoe won 0 : 1, Ann resigned"


@pytest.mark.parametrize(
    ("reader", "sentence"),
    [
        (ANN, "You lost to Bob: Bob 4, Cy 3, you 2"),
        (BOB, "You won: you 4, Cy 3, Ann 2"),
        (EVE, "Bob won: Bob 4, Cy 3, Ann 2"),
    ],
)
def test_three_seats_are_listed_by_boxes(reader: Player, sentence: str) -> None:
    assert ending(game(ANN, BOB, CY), reader, (2, 4, 3), (1,)) == sentence


@pytest.mark.parametrize(
    ("reader", "sentence"),
    [
        (ANN, "You and Bob share the first place: you 4, Bob 4, Cy 1"),
        (CY, "You lost, Ann and Bob share the first place: Ann 4, Bob 4, you 1"),
        (EVE, "Ann and Bob share the first place: Ann 4, Bob 4, Cy 1"),
    ],
)
def test_a_shared_first_place_of_three(reader: Player, sentence: str) -> None:
    assert ending(game(ANN, BOB, CY), reader, (4, 4, 1), (0, 1)) == sentence


def test_who_withdrew_from_three_seats_is_not_said_to_have_lost() -> None:
    found = game(ANN, BOB, CY, withdrawn=(0,))
    outcome = Outcome(Ending.PLAYED_OUT, (5, 3, 1), (1,))
    told = wording.ending(found, outcome, ANN.id)
    assert told == "You resigned, Bob won: you 5, Bob 3, Cy 1"
    shared = Outcome(Ending.PLAYED_OUT, (1, 4, 4), (1, 2))
    told = wording.ending(found, shared, ANN.id)
    assert told == "You resigned, Bob and Cy share the first place: Bob 4, Cy 4, you 1"


def test_the_last_one_left_of_three_won() -> None:
    found = game(ANN, BOB, CY, withdrawn=(0, 1))
    assert ending(found, CY, (1, 0, 0), (2,)) == (
        "You won, Ann and Bob resigned: Ann 1, Bob 0, you 0"
    )


@pytest.mark.parametrize(
    ("event", "how", "winner", "loser"),
    [
        (
            TimeRanOut(1),
            Ending.TIME_RAN_OUT,
            "You won 2 : 0 on time",
            "You ran out of time, Ann won 2 : 0",
        ),
        (
            GameClaimed(0, (1,)),
            Ending.ABANDONED,
            "You won 2 : 0, claimed from Bob, who was away",
            "You were away, so Ann claimed the game 2 : 0",
        ),
    ],
)
def test_who_lost_without_playing_is_told_why(
    event: Event, how: Ending, winner: str, loser: str
) -> None:
    found = GAME_DECIDER.evolve(game(ANN, BOB), event)
    assert found is not None
    outcome = Outcome(how, (2, 0), (0,))
    assert wording.ending(found, outcome, ANN.id) == winner
    assert wording.ending(found, outcome, BOB.id) == loser
    assert wording.ending(found, outcome, EVE.id) == winner.replace("You", "Ann")


def test_of_three_only_who_resigned_is_said_to_have() -> None:
    found = GAME_DECIDER.fold([TimeRanOut(0), PlayerResigned(1)], game(ANN, BOB, CY))
    assert found is not None
    outcome = Outcome(Ending.RESIGNED, (1, 0, 0), (2,))
    assert wording.ending(found, outcome, CY.id) == "You won, Bob resigned: Ann 1, Bob 0, you 0"
    assert wording.ending(found, outcome, ANN.id).startswith("You ran out of time, Cy won")


def test_of_three_those_who_were_away_are_told_that_the_game_was_claimed() -> None:
    found = GAME_DECIDER.evolve(game(ANN, BOB, CY), GameClaimed(0, (1, 2)))
    assert found is not None
    outcome = Outcome(Ending.ABANDONED, (1, 0, 0), (0,))
    assert wording.ending(found, outcome, CY.id) == (
        "You were away, so Ann claimed the game: Ann 1, Bob 0, you 0"
    )
    assert wording.ending(found, outcome, EVE.id) == (
        "Ann won, claimed from Bob and Cy, who were away: Ann 1, Bob 0, Cy 0"
    )


def test_of_three_the_others_may_play_on_after_a_claim() -> None:
    found = GAME_DECIDER.evolve(game(ANN, BOB, CY), GameClaimed(0, (1,)))
    assert found is not None
    outcome = Outcome(Ending.PLAYED_OUT, (1, 0, 2), (2,))
    assert wording.ending(found, outcome, BOB.id) == (
        "You were away when the game was claimed, Cy won: Cy 2, Ann 1, you 0"
    )


@pytest.mark.parametrize(
    ("reader", "vanished", "words"),
    [
        (ANN, (1,), "You claimed the game, Bob was away"),
        (BOB, (1,), "Ann claimed the game, you were away"),
        (BOB, (1, 2), "Ann claimed the game, you and Cy were away"),
        (EVE, (1, 2), "Ann claimed the game, Bob and Cy were away"),
    ],
)
def test_a_claim_says_who_was_away(reader: Player, vanished: tuple[int, ...], words: str) -> None:
    claimed = GameClaimed(0, vanished)
    assert wording.what_happened(game(ANN, BOB, CY), claimed, reader.id) == words


def test_an_agreed_draw_is_said_to_be_one() -> None:
    outcome = Outcome(Ending.DRAW_AGREED, (1, 0), (0, 1))
    assert wording.ending(game(ANN, BOB), outcome, ANN.id) == "Draw 1 : 0 by agreement"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (TimeRanOut(1), "Bob ran out of time"),
        (PlayerVanished(1, NOON, NOON), "Bob went away"),
        (PlayerReturned(0), "You came back"),
        (DrawOffered(1, 1), "Bob offered a draw"),
        (DrawAccepted(0, 1), "You agreed to a draw"),
        (DrawDeclined(1, 1), "Bob declined the draw"),
        (ClockStood(NOON, NOON), "No clock ran while no line could be drawn"),
        (ClockStarted(NOON), None),
        (ClockPressed(0, timedelta(seconds=1), NOON), None),
        (GraceEnded(1), None),
    ],
)
def test_what_happens_beside_lines_is_said_unless_it_goes_without(
    event: Event, words: str | None
) -> None:
    assert wording.what_happened(game(ANN, BOB), event, ANN.id) == words


def test_whose_turn_it_is_depends_on_the_reader() -> None:
    found = game(ANN, BOB)
    assert wording.turn(found, ANN.id) == "Your turn"
    assert wording.turn(found, BOB.id) == "Ann is to draw"
    assert wording.turn(found, EVE.id) == "Ann is to draw"


def test_the_same_name_twice_is_told_apart_by_the_letter() -> None:
    bots = (Seat(ANN), bot_seat(BotLevel.GREEDY), bot_seat(BotLevel.GREEDY))
    assert wording.names(bots) == ("Ann", "Greedy bot (B)", "Greedy bot (C)")


def test_what_happened_counts_the_boxes_that_were_closed() -> None:
    before = game(ANN, BOB, lines="a1h b1h a2h b2h a1v c1v")
    line = parse_line("b1v")
    assert wording.what_happened(before, LineDrawn(0, line), ANN.id) == (
        "You drew b1v and closed 2 boxes"
    )
    assert wording.what_happened(before, LineDrawn(0, line), BOB.id) == (
        "Ann drew b1v and closed 2 boxes"
    )
    assert wording.what_happened(game(ANN, BOB), LineDrawn(0, line), BOB.id) == "Ann drew b1v"
    assert wording.what_happened(before, PlayerResigned(1), ANN.id) == "Bob resigned"
    start = GameStarted(Board(1, 2), private=False, seats=before.seats, first=0)
    assert wording.what_happened(None, start, ANN.id) == "The game has begun"
    end = GameEnded(Outcome(Ending.PLAYED_OUT, (2, 0), (0,)))
    assert wording.what_happened(before, end, BOB.id) == "You lost 0 : 2"


def test_why_a_line_cannot_be_drawn() -> None:
    found, line = game(ANN, BOB, lines="a1h a2h"), parse_line("a1h")
    assert wording.why_not(None, line, ANN.id) == "The game has not begun yet"
    assert wording.why_not(found, line, ANN.id) == "a1h is drawn already, choose a free line"
    assert wording.why_not(found, line, BOB.id) == "It is not your turn: Ann is to draw"
    assert "watching" in (wording.why_not(found, line, EVE.id) or "")
    assert wording.why_not(found, parse_line("a1v"), ANN.id) is None


def test_the_line_under_the_cursor_is_said_in_words() -> None:
    found = game(ANN, BOB, lines="a1h a2h a1v")
    assert wording.pointed_at(found, parse_line("a1h"), "") == "a1h, drawn"
    assert wording.pointed_at(found, parse_line("b1v"), "") == "b1v, free, closes 1 box"
    assert wording.pointed_at(found, parse_line("b1h"), "b1") == "typed b1_"


def table(*players: Player, private: bool = False, is_playing: bool = False) -> Table:
    invite = InviteCode("abc123") if private else None
    seats = tuple(map(Seat, players))
    return Table(GameId("g"), Board(5, 5), 2, private, invite, seats, is_playing)


def test_tables_are_described_with_their_size_in_boxes() -> None:
    assert wording.open_table(table(BOB), ANN.id) == "5x5 boxes · Bob · 1 of 2 seats taken"
    assert wording.my_table(table(ANN), ANN.id) == "5x5 boxes · waiting for an opponent"
    assert wording.my_table(table(ANN, private=True), ANN.id) == (
        "5x5 boxes · waiting for an opponent · invite code abc123"
    )
    assert wording.my_table(table(ANN, BOB, is_playing=True), ANN.id) == (
        "5x5 boxes · you and Bob · in play"
    )
    assert wording.my_table(table(ANN, BOB, is_playing=True), EVE.id) == (
        "5x5 boxes · Ann and Bob · in play"
    )


def test_the_clock_of_a_table_is_told() -> None:
    blitz = Clock(timedelta(minutes=5), timedelta(seconds=3))
    timed = replace(table(BOB), clock=blitz)
    assert wording.open_table(timed, ANN.id) == (
        "5x5 boxes · 5 min + 3 s · Bob · 1 of 2 seats taken"
    )
    assert wording.expired(timed).endswith("your open game is gone: 5x5 boxes · 5 min + 3 s")


def test_the_record_of_a_player() -> None:
    assert wording.record(None) == ""
    none = RecordIs(played=0, won=0, drawn=0, lost=0, boxes=0)
    assert wording.record(none) == "No finished game yet"
    some = RecordIs(played=3, won=2, drawn=1, lost=0, boxes=40)
    assert wording.record(some) == "Played 3, won 2, drew 1, 40 boxes closed"


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (
            HistoryLost(GAME, "3x3 boxes", 12, 7, "b3h"),
            (
                "game 0123 (3x3 boxes): of 12 events 7 left; "
                "your line b3h, once accepted, is missing"
            ),
        ),
        (HistoryLost(GAME, "", 1, 0), "game 0123: of 1 event none left"),
        (HistoryLost(GAME, "", 5, 5), "game 0123: its first 5 events were changed"),
        (HistoryLost(MAIN_LOBBY, "", 5, 9), "the lobby: its first 5 events were changed"),
        (HistoryLost(PLAYERS, "", 5, 4), "the players: of 5 events 4 left"),
    ],
)
def test_lost_history_is_named_as_far_as_it_is_known(lost: HistoryLost, said: str) -> None:
    assert wording.history_lost(lost) == said
