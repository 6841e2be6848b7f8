"""A stream that cannot be read any more: its players are told, and the others play on."""

import asyncio
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from clouds_edges.application.patience import Patience
from clouds_edges.application.quarantine import sentence_about
from clouds_edges.client.admin_connection import QuestionRefused
from clouds_edges.domain.game.clock import Clock
from clouds_edges.domain.game.events import PlayerVanished
from clouds_edges.domain.ids import MAIN_LOBBY, OPERATIONS, PLAYERS, game_in, game_stream
from clouds_edges.domain.lobby.commands import JoinGame, OpenGame
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StreamQuarantined
from clouds_edges.protocol.admin import FreezeServer, ShowSystem, UnfreezeServer
from clouds_edges.protocol.messages import (
    Accepted,
    Happened,
    LobbyIs,
    Receipt,
    Refused,
    Watch,
    Welcome,
)
from clouds_edges.rules import Board
from tests.server.guests import SMALL, draw, kinds_in, open_game, serving, started, until
from tests.server.operators import operating
from tests.server.test_receipts import BOGUS, accepted, check, receipt
from tests.server.test_serving import answer_to, get

_DAMAGES = [
    "data = CAST(replace(CAST(data AS TEXT), ':', ': ') AS BLOB)",
    "kind = 'of_the_future'",
    "schema = 99",
    "hash = zeroblob(32)",
]
_VANISHING_AT_ONCE = Patience(blink=timedelta(0), settling=timedelta(hours=1))


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


@pytest.mark.parametrize(("change", "differ"), [("hash = zeroblob(32)", 2), ("schema = 99", 1)])
async def test_a_damaged_game_keeps_no_other_receipt_from_being_checked(
    tmp_path: Path, change: str, differ: int
) -> None:
    """It is what it was if its hash is, and its version is the one up to which it can be read."""
    async with serving(tmp_path) as house:
        bob, ann, damaged = await house.two_in_a_game()
        line = receipt(await accepted(bob, damaged, "a1h"))
        await accepted(ann, damaged, "a2h")
        other = await open_game(ann, OpenGame(SMALL, neighbours=("Granny",)))
        await started(ann, whole := game_stream(other))
    await _damage(tmp_path, damaged, 2, change)

    async with serving(tmp_path) as house:
        ann = await house.player(token=ann.token)
        made_up = Receipt(stream=whole, version=1, head=BOGUS)
        answers = await check(ann, line, made_up)
        told = [(damaged, 1), (whole, 1)][-differ:]
        assert [(one.receipt.stream, one.version) for one in answers] == told


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


async def test_when_the_lobby_is_damaged_its_operator_sees_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        _, ann, _ = await house.two_in_a_game()
        await open_game(ann, OpenGame(Board(3, 3)))
    await _damage(tmp_path, MAIN_LOBBY, 4, "data = x'00'")

    async with operating(tmp_path) as (house, operator):
        told = await operator.ask(ShowSystem())
        assert (told.games_live, told.games_open) == (1, 0)
        assert [one.stream for one in told.quarantined] == [MAIN_LOBBY]
        metrics = (await answer_to(house.address, get("/metrics"))).decode()
        assert metrics.startswith("HTTP/1.1 200 ")
        assert "clouds_edges_quarantined_streams 1.0" in metrics


async def test_when_the_lobby_is_damaged_time_is_kept_in_the_games_in_play(tmp_path: Path) -> None:
    """The clocks have stood while there was no server, and who vanishes is missed."""
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game(clock=Clock(timedelta(seconds=60)))
        await open_game(ann, OpenGame(Board(3, 3)))
    await _damage(tmp_path, MAIN_LOBBY, 4, "data = x'00'")

    async with serving(tmp_path, patience=_VANISHING_AT_ONCE) as house:
        bob, ann = await house.player(token=bob.token), await house.player(token=ann.token)
        assert "clock_stood" in await kinds_in(ann, game)
        await bob.socket.close()
        assert (await until(ann, game, PlayerVanished)).seat == 1


async def test_who_vanishes_is_missed_though_another_game_of_theirs_is_damaged(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        bob, ann, damaged = await house.two_in_a_game()
        assert isinstance(await bob.order(damaged, draw("a1h")), Accepted)
        other = await open_game(ann, OpenGame(SMALL))
        assert isinstance(await bob.order(MAIN_LOBBY, JoinGame(other)), Accepted)
        await started(ann, whole := game_stream(other))
    await _damage(tmp_path, damaged, 2, "data = x'00'")

    async with serving(tmp_path, patience=_VANISHING_AT_ONCE) as house:
        bob, ann = await house.player(token=bob.token), await house.player(token=ann.token)
        await ann.watch(whole)
        await bob.socket.close()
        assert (await until(ann, whole, PlayerVanished)).seat in {0, 1}


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_when_the_record_of_operations_is_damaged_everything_else_goes_on(
    tmp_path: Path, version: int
) -> None:
    """Also when what is left of it ends with a freeze, which nobody could undo."""
    async with operating(tmp_path) as (house, operator):
        bob, _, game = await house.two_in_a_game()
        await operator.ask(FreezeServer(reason="backup"))
        await operator.ask(UnfreezeServer())
        await operator.ask(FreezeServer(reason="another backup"))
    await _damage(tmp_path, OPERATIONS, version, "at = at + 1")

    async with operating(tmp_path) as (house, operator):
        bob = await house.player(token=bob.token)
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)
        await house.player("Cyd")
        for question in (FreezeServer(reason="backup"), UnfreezeServer()):
            with pytest.raises(QuestionRefused, match=f"from version {version} on") as refused:
                await operator.ask(question)
            assert refused.value.code == "stream_quarantined"
        told = await operator.ask(ShowSystem())
        assert (told.frozen, [one.stream for one in told.quarantined]) == (None, [OPERATIONS])


async def test_without_that_damage_the_server_stays_frozen(tmp_path: Path) -> None:
    """The control of the test above."""
    async with operating(tmp_path) as (house, operator):
        bob, _, game = await house.two_in_a_game()
        await operator.ask(FreezeServer(reason="backup"))
    await _damage(tmp_path, OPERATIONS, 1, "kind = kind")

    async with serving(tmp_path) as house:
        bob = await house.player(token=bob.token)
        refused = await bob.order(game, draw("a1h"))
        assert isinstance(refused, Refused)
        assert refused.code == "frozen"


def test_what_is_said_of_the_operations_does_not_speak_of_a_game() -> None:
    assert sentence_about(StreamQuarantined(OPERATIONS, 2, "")) == (
        "the server cannot rely on its record of operations from version 2 on: the server is not "
        "frozen, and cannot be, everything else goes on. Tell who runs the server"
    )
