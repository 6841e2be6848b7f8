"""Invariant I8 of the design: whatever is asked of a game, and by whomever, it stays true."""

from hypothesis import given
from hypothesis import strategies as st

from clouds_edges.domain.actors import Actor, Player, Seat
from clouds_edges.domain.game.commands import Command, DrawLine, Resign, StartGame
from clouds_edges.domain.game.decider import GAME_DECIDER
from clouds_edges.domain.game.events import Event, GameEnded, GameStarted, LineDrawn
from clouds_edges.domain.game.refusals import AlreadyOver
from clouds_edges.eventsourcing.decider import Refused
from clouds_edges.rules import Board, Direction, Dot, Line
from tests.domain.people import ANN, BOB, CYD, DAN, GUEST, PROCESS
from tests.scenario import scenario

PEOPLE: list[Player] = [ANN, BOB, CYD]
ACTORS: list[Actor] = [*PEOPLE, DAN, GUEST, PROCESS]

boards = st.builds(Board, st.integers(1, 2), st.integers(1, 2))
lines = st.builds(
    Line, st.builds(Dot, st.integers(0, 3), st.integers(0, 3)), st.sampled_from(Direction)
)
starts = st.builds(
    lambda board, people: StartGame(board, private=False, seats=tuple(map(Seat, people)), first=0),
    boards,
    st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=4),
)
commands: st.SearchStrategy[Command] = st.one_of(
    *[lines.map(DrawLine)] * 12, st.just(Resign()), starts
)
orders = st.lists(st.tuples(commands, st.sampled_from([*PEOPLE, *PEOPLE, *ACTORS])), max_size=60)


def obey(start: StartGame, orders: list[tuple[Command, Actor]]) -> list[Event]:
    """The log of a game in which everything was tried; each refusal left it as it was."""
    story = scenario(GAME_DECIDER).when(start, by=PROCESS).then_whatever()
    for command, actor in orders:
        attempt = story.when(command, by=actor)
        if not isinstance(attempt.result, Refused):
            story = attempt.then_whatever()
    return list(story.history)


@given(starts, orders)
def test_whatever_is_tried_the_game_stays_true(
    start: StartGame, orders: list[tuple[Command, Actor]]
) -> None:
    log = obey(start, orders)
    drawn = [event.line for event in log if isinstance(event, LineDrawn)]
    assert len(set(drawn)) == len(drawn)
    assert all(line in start.board for line in drawn)
    assert [type(event) for event in log].count(GameStarted) == 1
    assert all(not isinstance(event, GameEnded) for event in log[:-1])
    for length in range(1, len(log) + 1):
        _check(log[:length])


def _check(log: list[Event]) -> None:
    game = GAME_DECIDER.fold(log)
    assert game is not None
    position = game.position
    closed = [box for box in position.board.boxes if position.sides(box) == 4]
    owners = [position.owner(box) for box in closed]
    assert position.scores == tuple(map(owners.count, range(position.seats)))
    assert game.outcome is None or game.outcome.scores == position.scores


@given(starts, orders)
def test_lines_are_drawn_in_turn(start: StartGame, orders: list[tuple[Command, Actor]]) -> None:
    log = obey(start, orders)
    for length, event in enumerate(log):
        if isinstance(event, LineDrawn):
            before = GAME_DECIDER.fold(log[:length])
            assert before is not None
            assert before.position.may_draw(event.seat)


@given(starts, st.data())
def test_a_game_played_to_its_end_accepts_nothing_more(
    start: StartGame, data: st.DataObject
) -> None:
    story = scenario(GAME_DECIDER).when(start, by=PROCESS).then_whatever()
    for line in data.draw(st.permutations(start.board.lines)):
        assert story.state is not None
        story = story.when(DrawLine(line), by=story.state.to_draw).then_whatever()
    assert isinstance(story.history[-1], GameEnded)
    for actor in ACTORS:
        for command in (DrawLine(start.board.lines[0]), Resign()):
            story.when(command, by=actor).then_refused(AlreadyOver)
