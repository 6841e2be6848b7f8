import asyncio
from pathlib import Path

import pytest

from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import DrawLine, Resign
from clouds_edges.domain.game.events import GameEnded, LineDrawn
from clouds_edges.domain.ids import MAIN_LOBBY, PLAYERS, GameId, game_stream
from clouds_edges.domain.lobby.commands import CancelGame, JoinGame, OpenGame
from clouds_edges.domain.players.commands import Rename
from clouds_edges.eventsourcing.decider import StreamName
from clouds_edges.eventsourcing.errors import StoreInUse
from clouds_edges.protocol.messages import (
    Accepted,
    AskRecord,
    Duplicate,
    Happened,
    RecordIs,
    Refused,
)
from clouds_edges.rules import Board
from clouds_edges.server.serve import running_server
from tests.server.guests import SMALL, Guest, draw, open_game, serving, started


async def test_an_order_that_takes_effect_is_answered_with_version_and_head(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as house:
        bob, _, game = await house.two_in_a_game()
        answer = await bob.order(game, draw("a1h"))
        assert isinstance(answer, Accepted)
        assert (answer.stream, answer.version) == (game, 2)
        assert len(bytes.fromhex(answer.head)) == 32


async def test_a_repeated_order_has_one_effect_and_gets_the_first_answer(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        first = await bob.order(game, draw("a1h"), "my order")
        await ann.order(game, draw("a2h"))
        again = await bob.order(game, draw("a1h"), "my order")
        elsewhere = await house.player(token=bob.token)
        there = await elsewhere.order(game, draw("a1h"), "my order")
        token = bob.token
    async with serving(tmp_path) as house:
        later = await house.player(token=token)
        afterwards = await later.order(game, draw("a1h"), "my order")
        assert await version_of(later, game) == 3
    assert isinstance(first, Accepted)
    for answer in (again, there, afterwards):
        assert isinstance(answer, Duplicate)
        assert (answer.id, answer.stream, answer.version, answer.head) == (
            first.id,
            first.stream,
            first.version,
            first.head,
        )


async def test_one_order_sent_over_many_connections_at_once_has_one_effect(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, _, game = await house.two_in_a_game()
        sockets = [await house.player(token=bob.token) for _ in range(8)]
        answers = await asyncio.gather(*(one.order(game, draw("a1h"), "x") for one in sockets))
        assert sorted(answer.kind for answer in answers) == ["accepted", *["duplicate"] * 7]
        assert await version_of(bob, game) == 2


async def test_an_id_used_for_two_orders_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await bob.order(game, draw("a1h"), "x")
        await ann.order(game, draw("a2h"))
        await refused(bob, game, draw("b1h"), "command_reused", order_id="x")
        assert isinstance(await bob.order(game, draw("b1h"), "y"), Accepted)


async def test_two_players_may_use_the_same_id(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        assert isinstance(await bob.order(game, draw("a1h"), "x"), Accepted)
        assert isinstance(await ann.order(game, draw("a2h"), "x"), Accepted)


async def test_a_refusal_says_why_and_at_which_version(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        answer = await ann.order(game, draw("a1h"))
        assert isinstance(answer, Refused)
        assert (answer.code, answer.version) == ("not_your_turn", 1)
        assert "Bob's turn" in answer.sentence
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)


@pytest.mark.parametrize("line", ["c1h", "a4h", "a3v", "u21v"])
async def test_a_line_off_the_board_is_refused(tmp_path: Path, line: str) -> None:
    async with serving(tmp_path) as house:
        bob, _, game = await house.two_in_a_game()
        await refused(bob, game, draw(line), "line_off_board")
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)


async def test_a_line_drawn_already_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await bob.order(game, draw("a1h"))
        await refused(ann, game, draw("a1h"), "line_taken")
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)


async def test_who_has_no_seat_does_not_draw(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, _, game = await house.two_in_a_game()
        stranger = await house.player("Cyd")
        await refused(stranger, game, draw("a1h"), "not_seated")
        await refused(stranger, game, Resign(), "not_seated")
        assert isinstance(await bob.order(game, draw("a1h")), Accepted)


async def test_a_finished_game_accepts_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        assert isinstance(await bob.order(game, Resign()), Accepted)
        for player in (bob, ann):
            await refused(player, game, draw("a1h"), "already_over")
            await refused(player, game, Resign(), "already_over")


@pytest.mark.parametrize("game", ["nobody-knows", "", "\x1b[31m", "x" * 50, "../..", "'; --"])
async def test_a_game_nobody_knows_is_refused(tmp_path: Path, game: str) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        answer = await ann.order(game_stream(GameId(game)), draw("a1h"))
        assert isinstance(answer, Refused)
        assert (answer.code, answer.version) == ("no_such_game", 0)
        answer = await ann.order(MAIN_LOBBY, JoinGame(GameId(game)))
        assert isinstance(answer, Refused)
        assert answer.code == "unknown_game"


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        ("lobby/main", "wrong_stream"),
        ("players", "wrong_stream"),
        ("lobby/mine", "wrong_stream"),
        ("lobby", "wrong_stream"),
        ("players/mine", "wrong_stream"),
        ("nothing/at-all", "wrong_stream"),
        ("/", "wrong_stream"),
    ],
)
async def test_an_order_to_a_stream_that_does_not_take_it_is_refused(
    tmp_path: Path, stream: str, code: str
) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        answer = await ann.order(StreamName(stream), draw("a1h"))
        assert isinstance(answer, Refused)
        assert answer.code == code
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def test_nobody_makes_a_lobby_of_their_own_to_play_more_games(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        for _ in range(3):
            assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
        await refused_in_lobby(ann, OpenGame(SMALL), "too_many_games")
        answer = await ann.order(StreamName("lobby/mine"), OpenGame(SMALL))
        assert isinstance(answer, Refused)
        assert answer.code == "wrong_stream"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (OpenGame(SMALL, seats=1), "seats_impossible"),
        (OpenGame(SMALL, seats=5), "seats_impossible"),
        (OpenGame(SMALL, seats=-1), "seats_impossible"),
        (OpenGame(SMALL, seats=10**4000), "seats_impossible"),
        (OpenGame(SMALL, bots=(BotLevel.RANDOM,) * 2), "seats_impossible"),
        (OpenGame(SMALL, neighbours=("Bob", "Cyd")), "seats_impossible"),
        (OpenGame(SMALL, neighbours=("\x1b[2J",)), "name_unacceptable"),
        (OpenGame(SMALL, neighbours=("[blink]",)), "name_unacceptable"),
        (OpenGame(SMALL, neighbours=("x" * 1000,)), "name_unacceptable"),
        (CancelGame(GameId("none")), "unknown_game"),
    ],
)
async def test_an_impossible_wish_to_the_lobby_is_refused(
    tmp_path: Path, command: OpenGame | CancelGame, code: str
) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        await refused_in_lobby(ann, command, code)
        assert isinstance(await ann.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)


async def test_a_player_takes_another_name_but_not_a_harmful_or_taken_one(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, _ = await house.player("Ann"), await house.player("Bob")
        for name, code in [("BOB", "name_taken"), ("a\u202eb", "name_unacceptable")]:
            answer = await ann.order(PLAYERS, Rename(name))
            assert isinstance(answer, Refused)
            assert (answer.code, answer.version) == (code, 2)
        assert isinstance(await ann.order(PLAYERS, Rename("Anna")), Accepted)
        again = await house.player(token=ann.token)
        assert isinstance(await again.order(MAIN_LOBBY, OpenGame(SMALL)), Accepted)
        (table,) = (await again.lobby()).lobby.tables.values()
        assert table.opener.name == "Anna"


async def test_a_game_against_a_bot_is_played_to_its_end(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann = await house.player("Ann")
        game = game_stream(await open_game(ann, OpenGame(Board(1, 1), bots=(BotLevel.CHAINS,))))
        await started(ann, game)
        for line in ("a1h", "a1v", "a2h", "b1v"):
            await ann.order(game, draw(line))  # refused when the bot was there first
        told = await ann.events(game, up_to=6, after=1)
        assert [type(one.event) for one in told] == [LineDrawn] * 4 + [GameEnded]
        await ann.say(AskRecord())
        record = await ann.next(RecordIs)
        assert record.won + record.lost + record.drawn == record.played <= 1


async def test_a_game_goes_on_after_a_restart_and_nothing_is_lost(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        bob, ann, game = await house.two_in_a_game()
        await bob.order(game, draw("a1h"))
        before = await bob.events(game, up_to=2, after=1)
        tokens = bob.token, ann.token
    async with serving(tmp_path) as house:
        bob, ann = [await house.player(token=token) for token in tokens]
        await refused(bob, game, draw("a2h"), "not_your_turn")
        assert isinstance(await ann.order(game, draw("a2h")), Accepted)
        caught_up = await bob.watch(game)
        assert isinstance(caught_up, Happened)
        assert caught_up.version == 3
        assert caught_up.events[1] == before[0]


async def test_a_game_filled_just_before_a_stop_begins_after_the_start(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        ann, bob = await house.player("Ann"), await house.player("Bob")
        game = await open_game(ann, OpenGame(SMALL))
        await bob.order(MAIN_LOBBY, JoinGame(game))
        token = bob.token
    async with serving(tmp_path) as house:
        bob = await house.player(token=token)
        await started(bob, game_stream(game))
        assert isinstance(await bob.order(game_stream(game), draw("a1h")), Accepted)


async def test_a_second_server_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as house:
        with pytest.raises(StoreInUse, match="another server"):
            async with running_server("127.0.0.1", 0, tmp_path):
                pass
        assert isinstance(
            await (await house.player("Ann")).order(MAIN_LOBBY, OpenGame(SMALL)), Accepted
        )


async def version_of(guest: Guest, stream: StreamName) -> int:
    answer = await guest.watch(stream)
    assert isinstance(answer, Happened)
    return answer.version


async def refused(
    guest: Guest,
    game: StreamName,
    command: DrawLine | Resign,
    code: str,
    order_id: str | None = None,
) -> None:
    """Expect a refusal, and that nothing was recorded."""
    before = await version_of(guest, game)
    answer = await guest.order(game, command, order_id)
    assert isinstance(answer, Refused)
    assert answer.code == code
    assert answer.sentence
    assert await version_of(guest, game) == before


async def refused_in_lobby(guest: Guest, command: OpenGame | CancelGame, code: str) -> None:
    """Expect a refusal, and that nothing was recorded."""
    before = await guest.lobby()
    answer = await guest.order(MAIN_LOBBY, command)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.version) == (code, before.version)
    assert await guest.lobby() == before
