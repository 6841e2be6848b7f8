"""Players as the operator finds and forgets them, at the command line."""

import re
from pathlib import Path

import pytest

from clouds_edges.cli.trouble import EXIT_TROUBLE
from clouds_edges.domain.ids import MAIN_LOBBY
from clouds_edges.domain.lobby.commands import CancelGame, OpenGame
from clouds_edges.protocol.admin import MOST_ROWS
from clouds_edges.rules import Board
from tests.cli.programs import serving
from tests.cli.servers import Server, server_core


def test_players_are_found_by_name_with_their_ids(server: Server) -> None:
    for name in ("Quentin", "Quin-two", "Jacques"):
        server.sign_up(name)
    ended = server.ask("players", "QU")
    assert ended.out.splitlines()[0].split()[:4] == ["player", "name", "since", "(UTC)"]
    assert re.search(r"^[0-9a-z]{12}  Quentin  +\d{4}-.*( +0){5}$", ended.out, re.MULTILINE)
    names = [one["name"] for one in server.json("players", "qu")["players"]]
    assert names == ["Quentin", "Quin-two"]
    names = [one["name"] for one in server.json("players", "qu", "--anywhere")["players"]]
    assert names == ["Jacques", "Quentin", "Quin-two"]
    assert server.json("players", "nobody") == {
        "kind": "players_page",
        "players": [],
        "next": None,
    }


def test_who_finds_no_beginning_of_a_name_is_told_how_to_find_a_part(server: Server) -> None:
    server.sign_up("Marylou")
    told = "no name begins with 'ylou'; --anywhere finds it in the middle of names, too\n"
    for options in ((), ("--json",)):
        ended = server.ask("players", "ylou", *options)
        assert (ended.code, ended.err, "Marylou" in ended.out) == (0, told, False)
    ended = server.ask("players", "ylou", "--anywhere")
    assert (ended.err, "Marylou" in ended.out) == ("", True)
    for control in (("mary",), ("nobody", "--anywhere"), ("mary", "--after", "Marylou")):
        assert server.ask("players", *control).err == ""
    assert "\x1b" not in server.ask("players", "\x1b").err


def test_more_players_are_found_with_what_the_first_page_says(server: Server) -> None:
    for name in ("Vic One", "Vic Two"):
        server.sign_up(name)
    ended = server.ask("players", "vic", "--limit", "1")
    assert ended.err == "there are more: --after 'Vic One'\n"
    (more,) = server.json("players", "vic", "--after", "Vic One")["players"]
    assert more["name"] == "Vic Two"


def _id_of(server: Server, name: str) -> str:
    (player,) = server.json("players", name)["players"]
    return str(player["player"])


def test_forgetting_asks_with_the_name_and_what_will_be(server: Server) -> None:
    server.sign_up("Lee", OpenGame(Board(3, 3)))
    server.sign_up("Meg")
    lee, meg = _id_of(server, "Lee"), _id_of(server, "Meg")
    for answer in ("", "n"):
        ended = server.ask("forget", lee, typed=answer)
        assert ended.code != 0
        assert ended.err.startswith(
            f"Lee ({lee}) has a seat in 1 game.\n"
            f"The name is deleted for ever; 1 game will show 'forgotten {lee}' instead.\n"
            "Who played under it is sent away, and can come back as somebody new only.\n"
            "This cannot be undone.\n"
            "forget Lee? [y/N]:"
        )
        assert _id_of(server, "Lee") == lee
    ended = server.ask("forget", meg, typed="y")
    assert (ended.code, f"Meg ({meg}) has a seat in 0 games.\n" in ended.err) == (0, True)
    assert server.json("players", "Meg")["players"] == []


@pytest.mark.parametrize("player", ["somebody", "bot-greedy", "some\x1b]0;body"])
def test_who_is_no_player_is_not_asked_about(server: Server, player: str) -> None:
    ended = server.ask("forget", player, typed="y")
    assert (ended.code, "[y/N]" in ended.err) == (EXIT_TROUBLE, False)
    assert "players" in ended.err
    assert "\x1b" not in ended.err


def test_a_player_is_forgotten(server: Server) -> None:
    server.sign_up("Forget Me")
    row = server.json("events", "--kind", "player_signed_up", "--newest")["events"][0]
    assert "Forget Me" in server.ask("state", "players").out
    ended = server.ask("forget", row["by"], "--yes")
    assert (ended.code, f"what {row['by']} was called" in ended.err) == (0, True)
    assert "Forget Me" not in server.ask("state", "players").out
    assert server.ask("forget", "nobody", "--yes").code == EXIT_TROUBLE


async def test_of_more_than_a_page_of_games_and_players_each_counts(tmp_path: Path) -> None:
    more = MOST_ROWS + 1
    async with server_core(tmp_path) as a_house:
        for number in range(more):
            await a_house.sign_up(f"Ann {number}")
        zoe = await a_house.sign_up("Zoe")
        for _ in range(more):
            game = await a_house.open(OpenGame(Board(3, 3)), zoe)
            await a_house.give(MAIN_LOBBY, CancelGame(game), zoe)
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path)):
        ended = Server(tmp_path, tmp_path).ask("forget", zoe.id)
    assert ended.err.startswith(f"Zoe (id-of-Zoe) has a seat in {more} games.\n")
