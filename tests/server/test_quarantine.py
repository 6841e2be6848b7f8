"""A stream that cannot be read any more: its players are told, and the others play on."""

import asyncio
from pathlib import Path

import apsw
import pytest

from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, game_in
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.protocol.messages import Accepted, Happened, LobbyIs, Refused, Watch, Welcome
from clouds_edges.rules import Board
from tests.server.guests import SMALL, draw, open_game, serving, started

_DAMAGES = [
    "data = CAST(replace(CAST(data AS TEXT), ':', ': ') AS BLOB)",
    "kind = 'of_the_future'",
    "schema = 99",
    "hash = zeroblob(32)",
]


async def _damage(folder: Path, stream: StreamName, version: int, change: str) -> None:
    """Change one stored event, as a bad disk or a newer program would."""

    def change_it() -> None:
        connection = apsw.Connection(str(folder / "events.db"))
        sql = f"UPDATE events SET {change} WHERE stream = ? AND version = ?"  # noqa: S608 - a test's own
        connection.execute(sql, (stream, version))
        assert connection.changes() == 1
        connection.close()
        for file in folder.glob("snapshots.db*"):
            file.unlink()

    await asyncio.to_thread(change_it)


@pytest.mark.parametrize("change", _DAMAGES)
async def test_a_damaged_game_says_so_to_its_players_and_the_others_play_on(
    tmp_path: Path, change: str
) -> None:
    async with serving(tmp_path) as house:
        bob, ann, damaged = await house.two_in_a_game()
        assert isinstance(await bob.order(damaged, draw("a1h")), Accepted)
        other = await open_game(ann, OpenGame(SMALL, neighbours=("Granny",)))
        await started(ann, whole := StreamName(f"game/{other}"))
    await _damage(tmp_path, damaged, 2, change)

    async with serving(tmp_path) as house:
        ann = await house.player(token=ann.token)
        refused = await ann.order(damaged, draw("a2h"))
        assert isinstance(refused, Refused)
        assert refused.code == "stream_quarantined"
        assert refused.sentence == (
            f"the server cannot rely on its record of {damaged} from version 2 on: "
            "this game cannot go on, all others can. Tell who runs the server"
        )
        not_shown = await ann.watch(damaged)
        assert isinstance(not_shown, Refused)
        assert not_shown.sentence == refused.sentence
        assert isinstance(await ann.order(whole, draw("a2h")), Accepted)
        assert isinstance(await ann.watch(whole), Happened)
        assert game_in(damaged) in (await ann.lobby()).lobby.tables


async def test_without_damage_the_game_goes_on(tmp_path: Path) -> None:
    """The control of the test above."""
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)
    await _damage(tmp_path, game, 2, "kind = kind")

    async with serving(tmp_path) as house:
        ann = await house.player(token=ann.token)
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)


async def test_when_the_list_of_players_is_damaged_those_known_play_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        cyd = await house.player("Cyd")
    await _damage(tmp_path, PLAYERS, 3, "at = at + 1")

    async with serving(tmp_path) as house:
        bob, ann = await house.player(token=bob.token), await house.player(token=ann.token)
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
        renaming = await ann.order(PLAYERS, Rename("Anna"))
        stranger, lost = await house.guest(), await house.guest(token=cyd.token)
        for answer in (renaming, await stranger.greet("Dan"), await lost.greet("Cyd")):
            assert isinstance(answer, Refused)
            assert answer.code == "stream_quarantined"
            assert "nobody can sign up or take another name, everything else goes on" in (
                answer.sentence
            )


async def test_when_the_lobby_is_damaged_games_in_play_go_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await open_game(bob, OpenGame(Board(3, 3)))
    await _damage(tmp_path, MAIN_LOBBY, 4, "data = x'00'")

    async with serving(tmp_path) as house:
        bob, ann = await house.player(token=bob.token), await house.player(token=ann.token)
        await bob.say(Watch(stream=MAIN_LOBBY))
        shown, told = await bob.next(LobbyIs), await bob.next(Refused)
        assert (shown.version, [*shown.lobby.tables]) == (3, [game_in(game)])
        assert told.id is None
        assert "no game can be opened, joined or cancelled, those in play go on" in told.sentence
        assert isinstance(await bob.watch(game), Happened)
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)
        refused = await ann.order(MAIN_LOBBY, OpenGame(SMALL))
        assert isinstance(refused, Refused)
        assert refused.sentence == told.sentence
        assert isinstance(await (await house.guest()).greet("Dan"), Welcome)
