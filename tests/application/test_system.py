"""The whole server core: commands in, and what comes of them."""

from pathlib import Path

import pytest

from clouds_edges.application.projections.standings import Standing
from clouds_edges.application.system import WrongStream
from clouds_edges.application.vocabulary import CODEC, AnyCommand, AnyEvent
from clouds_edges.domain.actors import START_GAME, BotLevel
from clouds_edges.domain.game.commands import DrawLine, Resign, StartGame
from clouds_edges.domain.game.events import GameEnded, GameStarted, LineDrawn
from clouds_edges.domain.game.refusals import AlreadyOver, NotYourTurn
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.domain.lobby.events import GameClosed, SeatsFilled
from clouds_edges.domain.lobby.refusals import TooManyGames
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.sqlite import SQLiteStore
from clouds_edges.rules import Board, Ending, parse_line
from tests.application.playing import House, house, lose_checkpoints, resting_house


@pytest.fixture
def store() -> MemoryStore[AnyEvent]:
    return MemoryStore(CODEC)


def _nothing_is_left(open_house: House) -> None:
    assert not any(one.status.error for one in open_house.system.read_models.values())
    for runner in open_house.system.processes.values():
        assert (runner.status.error, runner.status.stuck) == (None, ())


async def test_filled_seats_start_the_game(store: MemoryStore[AnyEvent], tmp_path: Path) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob)

        state = await here.game(game)
        assert [seat.player for seat in state.seats] == [ann, bob]
        assert state.to_draw == bob  # who came last begins
        filled, started = (await here.log())[-2:]
        assert isinstance(filled.event, SeatsFilled)
        assert isinstance(started.event, GameStarted)
        assert (started.by, started.cause) == ("start-game", filled.name)


async def test_a_game_is_played_to_its_end_and_the_lobby_forgets_it(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob)
        with pytest.raises(NotYourTurn):
            await here.give(game_stream(game), DrawLine(parse_line("a1h")), ann)

        state = await here.play_out(game)

        assert state.outcome is not None
        assert (state.outcome.ending, sum(state.outcome.scores)) == (Ending.PLAYED_OUT, 4)
        with pytest.raises(AlreadyOver):
            await here.give(game_stream(game), DrawLine(parse_line("a1h")), ann)
        await here.until_lobby(lambda lobby: not lobby.tables)
        last = (await here.log())[-1]
        assert (last.event, last.by) == (GameClosed(game), "close-game")
        events = [one.event for one in await store.read_stream(game_stream(game))]
        assert sum(isinstance(event, LineDrawn) for event in events) == 12
        assert isinstance(events[-1], GameEnded)


async def test_a_player_is_free_for_another_game_once_one_has_ended(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        games = [await here.start(ann, bob) for _ in range(3)]
        with pytest.raises(TooManyGames):
            await here.open(OpenGame(Board(1, 1)), ann)

        await here.give(game_stream(games[1]), Resign(), bob)

        await here.until_lobby(lambda lobby: len(lobby.tables) == 2)
        await here.start(ann, bob)


async def test_games_are_counted_in_the_standings(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        assert await here.system.standing(ann.id) == Standing()
        played_out = await here.play_out(await here.start(ann, bob, board=Board(1, 3)))
        assert played_out.outcome is not None
        ann_boxes, bob_boxes = played_out.outcome.scores
        await here.give(game_stream(await here.start(ann, bob)), Resign(), ann)
        await here.until_counted(ann, 2)
        await here.until_counted(bob, 2)

        ann_won = int(played_out.outcome.winner == 0)
        assert await here.system.standing(ann.id) == Standing(2, ann_won, 0, 2 - ann_won, ann_boxes)
        assert await here.system.standing(bob.id) == Standing(2, 2 - ann_won, 0, ann_won, bob_boxes)


async def test_a_draw_is_counted_as_a_draw(store: MemoryStore[AnyEvent], tmp_path: Path) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob, board=Board(1, 2))
        for line in ("a1h", "b1h", "a2h", "b1v", "a1v", "b2h", "c1v"):
            await here.give(
                game_stream(game), DrawLine(parse_line(line)), (await here.game(game)).to_draw
            )
        await here.until_counted(ann, 1)

        outcome = (await here.game(game)).outcome
        assert outcome is not None
        assert outcome.is_draw
        assert await here.system.standing(ann.id) == Standing(played=1, drawn=1, boxes=1)


@pytest.mark.parametrize("level", list(BotLevel))
async def test_a_bot_plays_against_a_person(
    store: MemoryStore[AnyEvent], tmp_path: Path, level: BotLevel
) -> None:
    async with house(store, tmp_path) as here:
        ann = await here.sign_up("Ann")
        game = await here.open(OpenGame(Board(2, 2), bots=(level,)), ann)
        state = await here.until_game(game, lambda state: state.to_draw == ann)
        while state.outcome is None:
            line = state.position.free_lines[-1]
            await here.give(game_stream(game), DrawLine(line), ann)
            state = await here.until_game(
                game, lambda state: state.outcome is not None or state.to_draw == ann
            )
        await here.until_lobby(lambda lobby: not lobby.tables)
        _nothing_is_left(here)


async def test_bots_of_one_level_play_on_when_the_only_person_resigns(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann = await here.sign_up("Ann")
        bots = (BotLevel.GREEDY, BotLevel.GREEDY, BotLevel.CHAINS)
        game = await here.open(OpenGame(Board(3, 2), seats=4, bots=bots), ann)
        await here.until_game(game, lambda _: True)

        await here.give(game_stream(game), Resign(), ann)

        state = await here.until_game(game, lambda state: state.outcome is not None)
        assert state.position.withdrawn == {0}
        assert state.position.is_full
        await here.until_counted(ann, 1)
        assert await here.system.standing(ann.id) == Standing(played=1, lost=1)


async def test_a_game_at_one_keyboard_is_not_counted(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.open(OpenGame(Board(1, 1), neighbours=("Granny",)), ann)
        await here.until_game(game, lambda _: True)
        await here.play_out(game)
        await here.play_out(await here.start(ann, bob))
        await here.until_counted(ann, 1)
        assert (await here.system.standing(ann.id)).played == 1


@pytest.mark.parametrize(
    ("stream", "command"),
    [
        ("players", OpenGame(Board(1, 1))),
        ("lobby/main", Resign()),
        ("game/0123456789ab", Rename("Ann")),
        ("lobby", OpenGame(Board(1, 1))),
        ("lobby/other", OpenGame(Board(1, 1))),
        ("players/other", Rename("Ann")),
        ("chess/1", Resign()),
        ("", Resign()),
    ],
)
async def test_a_stream_takes_no_commands_but_its_own(
    store: MemoryStore[AnyEvent], tmp_path: Path, stream: str, command: AnyCommand
) -> None:
    async with resting_house(store, tmp_path) as here:
        ann = await here.sign_up("Ann")
        with pytest.raises(WrongStream, match=f"{stream} takes no command {command.kind}"):
            await here.give(StreamName(stream), command, ann)
        assert await store.end() == 1


async def test_a_stream_is_at_a_version_if_there_can_be_such_a_stream(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with resting_house(store, tmp_path) as here:
        await here.sign_up("Ann")
        assert await here.system.version(PLAYERS) == 1
        assert await here.system.version(MAIN_LOBBY) == 0
        assert await here.system.version(StreamName("game/nowhere")) == 0
        assert await here.system.version(StreamName("lobby/other")) is None


async def test_a_game_is_the_same_after_reopening_its_file(tmp_path: Path) -> None:
    async with (
        SQLiteStore(tmp_path / "events.db", CODEC) as file,
        house(file, tmp_path) as here,
    ):
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        finished = await here.start(ann, bob)
        await here.play_out(finished)
        begun = await here.start(ann, bob)
        await here.give(game_stream(begun), DrawLine(parse_line("b2v")), bob)
        before = [await here.system.games.load(game_stream(one)) for one in (finished, begun)]
        lobby = await here.until_lobby(lambda lobby: len(lobby.tables) == 1)
        await here.until_counted(ann, 1)
        standing = await here.system.standing(ann.id)

    async with (
        SQLiteStore(tmp_path / "events.db", CODEC) as file,
        house(file, tmp_path) as here,
    ):
        after = [await here.system.games.load(game_stream(one)) for one in (finished, begun)]
        assert after == before
        assert await here.lobby() == lobby
        assert await here.system.player(ann.id) == ann
        assert await here.system.standing(ann.id) == standing
        await here.play_out(begun)


async def test_everything_is_resumed_after_a_restart(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with resting_house(store, tmp_path) as here:
        ann = await here.sign_up("Ann")
        bots = (BotLevel.GREEDY, BotLevel.RANDOM)
        game = await here.open(OpenGame(Board(2, 2), seats=3, bots=bots), ann)
        assert (await here.system.games.load(game_stream(game))).state is None

    async with house(store, tmp_path) as here:
        await here.until_game(game, lambda state: state.to_draw == ann)

    async with resting_house(store, tmp_path) as here:
        await here.give(game_stream(game), Resign(), ann)

    async with house(store, tmp_path) as here:
        await here.until_game(game, lambda state: state.outcome is not None)
        await here.until_lobby(lambda lobby: not lobby.tables)
        await here.until_counted(ann, 1)
        _nothing_is_left(here)


async def test_lost_checkpoints_have_no_second_effect(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        await here.play_out(await here.start(ann, bob))
        game = await here.open(OpenGame(Board(2, 2), bots=(BotLevel.CHAINS,)), ann)
        await here.until_game(game, lambda state: state.to_draw == ann)
        await here.until_lobby(lambda lobby: len(lobby.tables) == 1)
        await here.until_counted(ann, 1)
        before, standing = await here.log(), await here.system.standing(ann.id)
    lose_checkpoints(tmp_path)

    async with house(store, tmp_path) as here:
        await here.give(game_stream(game), Resign(), ann)  # and behind it, everything again
        await here.until_lobby(lambda lobby: not lobby.tables)
        await here.until_counted(ann, 2)

        assert (await here.log())[: len(before)] == before
        added = [type(one.event).__name__ for one in (await here.log())[len(before) :]]
        assert added == ["PlayerResigned", "GameEnded", "GameClosed"]
        assert await here.system.standing(ann.id) == Standing(
            2, standing.won, standing.drawn, standing.lost + 1, standing.boxes
        )
        _nothing_is_left(here)


async def test_the_processes_start_a_game_only_once(
    store: MemoryStore[AnyEvent], tmp_path: Path
) -> None:
    async with house(store, tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob)
        again = StartGame(Board(1, 1), private=False, seats=(await here.game(game)).seats, first=0)
        with pytest.raises(Exception, match="begun already"):
            await here.give(game_stream(game), again, START_GAME)
