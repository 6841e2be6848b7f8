from functools import partial
from pathlib import Path

from clouds_edges.application.projections.standings import best_standings
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import Resign
from clouds_edges.domain.ids import game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.rules import Board
from tests.application.playing import house


async def test_the_best_come_first_and_bots_not_at_all(tmp_path: Path) -> None:
    async with house(MemoryStore(CODEC), tmp_path) as here:
        ann, bob, cid = [await here.sign_up(name) for name in ("Ann", "Bob", "Cid")]
        for winner, loser in ((bob, ann), (bob, cid), (ann, cid)):
            game = await here.start(winner, loser)
            await here.give(game_stream(game), Resign(), loser)
            await here.until_lobby(lambda lobby: not lobby.tables)
        against_bot = await here.open(OpenGame(Board(1, 1), bots=(BotLevel.RANDOM,)), cid)
        await here.until_game(against_bot, lambda _: True)
        await here.give(game_stream(against_bot), Resign(), cid)

        best = await here.system.read_model("standings").read(best_standings)
        assert [(player, one.won, one.lost) for player, one in best] == [
            (bob.id, 2, 0),
            (ann.id, 1, 1),
            (cid.id, 0, 3),
        ]
        query = partial(best_standings, limit=1)
        assert await here.system.read_model("standings").read(query) == best[:1]
