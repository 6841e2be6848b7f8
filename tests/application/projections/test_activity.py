from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from clouds_edges.application.projections.activity import Day, What, activity_between
from clouds_edges.application.vocabulary import CODEC
from clouds_edges.domain.game.events import LineDrawn
from clouds_edges.domain.ids import GameId, game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.eventsourcing.decider import CommandId
from clouds_edges.eventsourcing.memory import MemoryStore
from clouds_edges.eventsourcing.store import Append
from clouds_edges.rules import Board, parse_line
from tests.application.playing import house
from tests.scenario import NOON


async def test_what_goes_on_is_counted_by_the_day(tmp_path: Path) -> None:
    today = NOON.date()
    query = partial(activity_between, first=today, last=today)
    async with house(MemoryStore(CODEC), tmp_path) as here:
        assert await here.system.read_model("activity").read(query) == ()
        ann, bob = await here.sign_up("Ann"), await here.sign_up("Bob")
        await here.play_out(await here.start(ann, bob, board=Board(1, 1)))
        await here.open(OpenGame(Board(1, 1)), ann)
        (day,) = await here.system.read_model("activity").read(query)
        assert day == Day(
            today,
            {
                What.SIGN_UPS: 2,
                What.GAMES_OPENED: 2,
                What.GAMES_STARTED: 1,
                What.GAMES_ENDED: 1,
                What.LINES_DRAWN: 4,
            },
        )


async def test_days_are_days_in_utc_and_come_in_order(tmp_path: Path) -> None:
    store = MemoryStore(CODEC)
    line = LineDrawn(0, parse_line("a1h"))
    times = [datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)]
    game = game_stream(GameId("0123456789ab"))
    for version, at in enumerate([*times, times[1]]):
        command_id = CommandId(f"{version}")
        await store.append(Append(game, version, (line,), "ann", command_id, b"", at))
    async with house(store, tmp_path) as here:

        async def lines_between(first: date, last: date) -> list[tuple[str, int]]:
            query = partial(activity_between, first=first, last=last)
            days = await here.system.read_model("activity").read(query)
            return [(str(one.day), one.counts[What.LINES_DRAWN]) for one in days]

        assert await lines_between(date(2026, 1, 1), date(2026, 12, 31)) == [
            ("2026-02-28", 1),
            ("2026-03-01", 2),
        ]
        assert await lines_between(date(2026, 3, 1), date(2026, 3, 1)) == [("2026-03-01", 2)]
        assert await lines_between(date(2026, 3, 2), date(2026, 12, 31)) == []
