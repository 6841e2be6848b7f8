"""Invariant I8 of the design: whatever is asked of a game, by whom and when, it stays true."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.domain.actors import START_GAME, Actor, Player, Seat
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.commands import (
    AcceptDraw,
    CallTime,
    ClaimGame,
    Command,
    DeclineDraw,
    DrawLine,
    EndGrace,
    NoteAbsence,
    NoteReturn,
    OfferDraw,
    Resign,
    StandClock,
    StartGame,
)
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import (
    ClockPressed,
    Event,
    GameEnded,
    GameStarted,
    LineDrawn,
    TimeRanOut,
)
from clouds_edges.domain.game.refusals import AlreadyOver
from clouds_edges.domain.game.state import Game
from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.rules import Board, Direction, Dot, Line
from tests.domain.people import ANN, BOB, CYD, DAN, GUEST, PROCESS
from tests.scenario import NOON, scenario

PEOPLE: list[Player] = [ANN, BOB, CYD]
ACTORS: list[Actor] = [*PEOPLE, DAN, GUEST, PROCESS]
NO_TIME = timedelta(0)

boards = st.builds(Board, st.integers(1, 2), st.integers(1, 2))
lines = st.builds(
    Line, st.builds(Dot, st.integers(0, 3), st.integers(0, 3)), st.sampled_from(Direction)
)
clocks = st.builds(
    Clock,
    st.integers(1, 100).map(lambda count: timedelta(seconds=count)),
    st.integers(0, 5).map(lambda count: timedelta(seconds=count)),
)
times = st.integers(-100, 200).map(lambda count: NOON + timedelta(seconds=count))
"""A clock of the world that jumps: any time may come after any other."""
starts = st.builds(
    lambda board, people, clock: StartGame(
        board, private=False, seats=tuple(map(Seat, people)), first=0, clock=clock
    ),
    boards,
    st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=4),
    st.none() | clocks,
)
players = st.sampled_from([one.id for one in (*PEOPLE, DAN)])
rare: st.SearchStrategy[Command] = st.one_of(
    starts,
    st.just(Resign()),
    st.just(CallTime()),
    st.builds(StandClock, times, times),
    st.builds(NoteAbsence, players, st.just(timedelta(seconds=60))),
    st.builds(NoteReturn, players),
    st.builds(EndGrace, st.integers(0, 4)),
    st.just(ClaimGame()),
    st.just(OfferDraw()),
    st.builds(AcceptDraw, st.integers(0, 3)),
    st.builds(DeclineDraw, st.integers(0, 3)),
)
commands: st.SearchStrategy[Command] = st.one_of(*[lines.map(DrawLine)] * 3, rare)
orders = st.lists(
    st.tuples(commands, st.sampled_from([*PEOPLE, *PEOPLE, *ACTORS]), times), max_size=60
)


def obey(start: StartGame, orders: list[tuple[Command, Actor, datetime]]) -> list[Event]:
    """The log of a game in which everything was tried; each refusal left it as it was."""
    story = scenario(GAME_DECIDER).when(start, by=START_GAME).then_whatever()
    for command, actor, at in orders:
        attempt = story.when(command, by=actor, at=at)
        if not isinstance(attempt.result, Refused):
            story = attempt.then_whatever()
    return list(story.history)


def states_of(log: list[Event]) -> list[Game]:
    """The game after each event."""
    folded = [GAME_DECIDER.fold(log[:length]) for length in range(1, len(log) + 1)]
    return [game for game in folded if game is not None]


@given(starts, orders)
def test_whatever_is_tried_the_game_stays_true(
    start: StartGame, orders: list[tuple[Command, Actor, datetime]]
) -> None:
    log = obey(start, orders)
    drawn = [event.line for event in log if isinstance(event, LineDrawn)]
    assert len(set(drawn)) == len(drawn)
    assert all(line in start.board for line in drawn)
    assert [type(event) for event in log].count(GameStarted) == 1
    assert all(not isinstance(event, GameEnded) for event in log[:-1])
    for game in states_of(log):
        _check(game)


def _check(game: Game) -> None:
    position = game.position
    closed = [box for box in position.board.boxes if position.sides(box) == 4]
    owners = [position.owner(box) for box in closed]
    assert position.scores == tuple(map(owners.count, range(position.seats)))
    assert game.outcome is None or game.outcome.scores == position.scores


@given(starts, orders)
def test_lines_are_drawn_in_turn(
    start: StartGame, orders: list[tuple[Command, Actor, datetime]]
) -> None:
    log = obey(start, orders)
    for before, event in zip(states_of(log), log[1:], strict=False):
        if isinstance(event, LineDrawn):
            assert before.position.may_draw(event.seat)


@given(starts, orders)
def test_whatever_the_time_is_said_to_be_nobody_gets_more_than_the_increment(
    start: StartGame, orders: list[tuple[Command, Actor, datetime]]
) -> None:
    log = obey(start, orders)
    for event, (before, after) in zip(log[1:], pairwise(states_of(log)), strict=True):
        if before.clocks is None or after.clocks is None or before.clock is None:
            continue
        most = before.clock.increment if isinstance(event, ClockPressed) else NO_TIME
        gains = [
            now - earlier
            for now, earlier in zip(after.clocks.left, before.clocks.left, strict=True)
        ]
        assert max(gains) <= most
        assert sum(gain > NO_TIME for gain in gains) <= 1
        assert min(after.clocks.left) >= NO_TIME


@given(starts, orders)
def test_nobody_draws_without_time(
    start: StartGame, orders: list[tuple[Command, Actor, datetime]]
) -> None:
    for before, event in pairwise(obey(start, orders)):
        if isinstance(before, LineDrawn) and isinstance(event, ClockPressed):
            assert event.left > NO_TIME


@given(starts, orders)
def test_only_who_was_to_draw_runs_out_of_time(
    start: StartGame, orders: list[tuple[Command, Actor, datetime]]
) -> None:
    log = obey(start, orders)
    for before, event in zip(states_of(log), log[1:], strict=False):
        if isinstance(event, TimeRanOut):
            assert event.seat == before.position.seat_to_draw
            assert before.clock is not None


@given(starts.filter(lambda start: start.clock is None), st.data())
def test_a_game_played_to_its_end_accepts_nothing_more(
    start: StartGame, data: st.DataObject
) -> None:
    story = scenario(GAME_DECIDER).when(start, by=START_GAME).then_whatever()
    for line in data.draw(st.permutations(start.board.lines)):
        assert story.state is not None
        story = story.when(DrawLine(line), by=story.state.to_draw).then_whatever()
    assert isinstance(story.history[-1], GameEnded)
    for actor in ACTORS:
        story.when(DrawLine(start.board.lines[0]), by=actor).then_refused(AlreadyOver)


@given(starts, orders, rare.filter(lambda one: not isinstance(one, StartGame)))
def test_a_game_that_is_over_accepts_nothing_however_it_ended(
    start: StartGame, orders: list[tuple[Command, Actor, datetime]], command: Command
) -> None:
    story = scenario(GAME_DECIDER).given(*obey(start, orders))
    if story.state is not None and story.state.outcome is not None:
        for actor in ACTORS:
            story.when(command, by=actor).then_refused(AlreadyOver)
