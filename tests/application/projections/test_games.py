from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from clouds_edges.application.patience import USUAL_PATIENCE
from clouds_edges.application.projections.game_lists import (
    GameFilter,
    ListedGame,
    SeatedIn,
    list_games,
)
from clouds_edges.application.projections.games import GameState, Result
from clouds_edges.application.projections.paging import Page, UnknownCursor
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.actors import START_GAME, BotLevel, Player
from clouds_edges.domain.game.commands import DrawLine, Resign, StartGame
from clouds_edges.domain.ids import MAIN_LOBBY, GameId, PlayerId, game_stream
from clouds_edges.domain.lobby.commands import CancelGame, JoinGame, LeaveGame, OpenGame
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.rules import Board, Ending, parse_line
from tests.application.playing import SMALL, House, house
from tests.eventsourcing.lamp import NOON

EVERYTHING = GameFilter()


async def _page(
    here: House,
    wanted: GameFilter = EVERYTHING,
    viewer: PlayerId | None = None,
    cursor: str | None = None,
    limit: int = 20,
) -> Page[ListedGame]:
    query = partial(list_games, wanted=wanted, viewer=viewer, cursor=cursor, limit=limit)
    return await here.system.read_model("games").read(query)


async def _listed(
    here: House, wanted: GameFilter = EVERYTHING, viewer: PlayerId | None = None
) -> list[GameId]:
    return [one.game for one in (await _page(here, wanted, viewer)).rows]


async def _game(here: House, game: GameId) -> ListedGame:
    (found,) = [one for one in (await _page(here)).rows if one.game == game]
    return found


def _in_state(*states: GameState) -> GameFilter:
    return GameFilter(states=frozenset(states))


async def _resigned(here: House, winner: Player, loser: Player, board: Board = SMALL) -> GameId:
    game = await here.start(winner, loser, board=board)
    await here.give(game_stream(game), Resign(), loser)
    await here.until_lobby(lambda lobby: game not in lobby.tables)
    return game


async def test_a_game_is_open_then_live_then_finished(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.open(OpenGame(Board(1, 3)), ann)
        listed = await _game(here, game)
        assert (listed.state, listed.board, listed.seats) == (GameState.OPEN, Board(1, 3), 2)
        assert [one.seat.player for one in listed.taken] == [ann]
        assert (listed.opened_at, listed.started_at, listed.ended_at) == (NOON, None, None)

        await here.give(MAIN_LOBBY, JoinGame(game), bob)
        assert (await _game(here, game)).state is GameState.LIVE
        await here.until_game(game, lambda _: True)
        listed = await _game(here, game)
        assert [one.seat.player for one in listed.taken] == [ann, bob]
        assert (listed.started_at, listed.ended_at, listed.ending) == (NOON, None, None)

        outcome = (await here.play_out(game)).outcome
        assert outcome is not None
        listed = await _game(here, game)
        assert (listed.state, listed.ending) == (GameState.FINISHED, Ending.PLAYED_OUT)
        assert listed.ended_at == NOON
        assert [one.boxes for one in listed.taken] == [*outcome.scores]
        results = [one.result for one in listed.taken]
        assert results == [
            Result.WON if outcome.winner == seat else Result.LOST for seat in range(2)
        ]


async def test_seats_are_taken_and_left(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob, cid = [await here.sign_up(name) for name in ("Ann", "Bob", "Cid")]
        game = await here.open(OpenGame(SMALL, seats=4, bots=(BotLevel.GREEDY,)), ann)
        await here.give(MAIN_LOBBY, JoinGame(game), bob)
        await here.give(MAIN_LOBBY, LeaveGame(game), bob)
        await here.give(MAIN_LOBBY, JoinGame(game), cid)
        taken = (await _game(here, game)).taken
        assert [one.seat.player.name for one in taken] == ["Ann", "Greedy bot", "Cid"]
        assert [one.seat.bot for one in taken] == [None, BotLevel.GREEDY, None]


async def test_a_cancelled_game_is_cancelled(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann = await here.sign_up("Ann")
        game = await here.open(OpenGame(SMALL), ann)
        await here.give(MAIN_LOBBY, CancelGame(game), ann)
        listed = await _game(here, game)
        assert (listed.state, listed.ending) == (GameState.CANCELLED, Ending.CANCELLED)
        assert await _listed(here, _in_state(GameState.CANCELLED)) == [game]


async def test_a_game_that_nobody_joined_is_expired(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        game = await here.open(OpenGame(SMALL), await here.sign_up("Ann"))
        await here.clock.idle()
        here.clock.advance(USUAL_PATIENCE.open_game.total_seconds())
        await here.until_lobby(lambda lobby: not lobby.tables)
        listed = await _game(here, game)
        assert (listed.state, listed.ending) == (GameState.EXPIRED, None)
        assert listed.ended_at == here.clock.time
        assert await _listed(here, _in_state(GameState.OPEN)) == []


async def test_games_are_listed_newest_first_by_state(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        finished = await _resigned(here, ann, bob)
        live = await here.start(ann, bob)
        opened = await here.open(OpenGame(SMALL), ann)
        assert await _listed(here) == [opened, live, finished]
        assert await _listed(here, _in_state(GameState.OPEN)) == [opened]
        assert await _listed(here, _in_state(GameState.LIVE)) == [live]
        assert await _listed(here, _in_state(GameState.LIVE, GameState.FINISHED)) == [
            live,
            finished,
        ]


async def test_a_list_is_read_page_by_page(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        players = [await here.sign_up(name) for name in ("Ann", "Bob", "Cid")]
        games = [await here.open(OpenGame(SMALL), player) for _ in range(2) for player in players]
        seen: list[GameId] = []
        cursor = None
        pages = 0
        while pages == 0 or cursor is not None:
            page = await _page(here, cursor=cursor, limit=2)
            if pages == 0:  # what is new comes first, and moves nothing behind the cursor
                await here.open(OpenGame(SMALL), players[0])
            seen += [one.game for one in page.rows]
            cursor = page.next
            pages += 1
        assert (pages, seen) == (3, games[::-1])


async def test_a_made_up_cursor_is_refused(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        with pytest.raises(UnknownCursor):
            await _page(here, cursor="next please")


async def test_the_games_of_a_player_are_found_by_opponent_size_and_result(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob, cid = [await here.sign_up(name) for name in ("Ann", "Bob", "Cid")]
        won = await _resigned(here, ann, bob)
        lost = await _resigned(here, bob, ann, board=Board(3, 3))
        other = await _resigned(here, ann, cid)
        await _resigned(here, bob, cid)
        live = await here.start(ann, bob)

        async def mine(seated: SeatedIn, board: Board | None = None) -> Sequence[GameId]:
            return await _listed(here, GameFilter(seated=seated, board=board))

        assert await mine(SeatedIn(ann.id)) == [live, other, lost, won]
        assert await mine(SeatedIn(ann.id), Board(3, 3)) == [lost]
        assert await mine(SeatedIn(ann.id, opponent=bob.id)) == [live, lost, won]
        assert await mine(SeatedIn(ann.id, result=Result.WON)) == [other, won]
        assert await mine(SeatedIn(ann.id, opponent=bob.id, result=Result.WON)) == [won]
        assert await mine(SeatedIn(ann.id, result=Result.DRAWN)) == []
        assert await mine(SeatedIn(PlayerId("nobody"))) == []


async def test_a_draw_is_a_result(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.start(ann, bob, board=Board(1, 2))
        for line in ("a1h", "b1h", "a2h", "b1v", "a1v", "b2h", "c1v"):
            drawer = (await here.game(game)).to_draw
            await here.give(game_stream(game), DrawLine(parse_line(line)), drawer)
        assert await _listed(here, GameFilter(seated=SeatedIn(bob.id, result=Result.DRAWN))) == [
            game
        ]


async def test_a_private_game_is_shown_to_its_players_and_the_operator(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        game = await here.open(OpenGame(SMALL, private=True), ann)
        assert await _listed(here, viewer=ann.id) == [game]
        assert await _listed(here, viewer=bob.id) == []
        assert await _listed(here, viewer=None) == [game]


async def test_games_show_the_names_of_their_start(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann = await here.sign_up("Ann")
        game = await here.open(OpenGame(Board(1, 1), neighbours=("Granny",)), ann)
        await here.until_game(game, lambda _: True)
        taken = (await _game(here, game)).taken
        assert [one.seat.player.name for one in taken] == ["Ann", "Granny"]
        assert await _listed(here, GameFilter(seated=SeatedIn(ann.id))) == [game]


async def test_a_game_without_an_opening_is_listed_from_its_start(tmp_path: Path) -> None:
    """As when the stream of the lobby cannot be read."""
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        seats = (await here.game(await here.start(ann, bob))).seats
        game = GameId("unopened")
        start = StartGame(SMALL, private=False, seats=seats, first=0)
        await here.give(game_stream(game), start, START_GAME)
        assert (await _game(here, game)).state is GameState.LIVE
