"""Players as the operator finds and forgets them, at the command line."""

import re

from clouds_edges.cli.trouble import EXIT_TROUBLE
from tests.cli.servers import Server


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


def test_more_players_are_found_with_what_the_first_page_says(server: Server) -> None:
    for name in ("Vic One", "Vic Two"):
        server.sign_up(name)
    ended = server.ask("players", "vic", "--limit", "1")
    assert ended.err == "there are more: --after 'Vic One'\n"
    (more,) = server.json("players", "vic", "--after", "Vic One")["players"]
    assert more["name"] == "Vic Two"


def test_forgetting_asks_whether_it_is_meant(server: Server) -> None:
    ended = server.ask("forget", "somebody")
    assert ended.code != 0
    assert "forget somebody for ever?" in ended.err


def test_what_is_asked_back_cannot_steer_the_terminal(server: Server) -> None:
    ended = server.ask("forget", "some\x1b]0;body")
    assert "forget some?]0;body for ever?" in ended.err
    assert "\x1b" not in ended.err


def test_a_player_is_forgotten(server: Server) -> None:
    server.sign_up("Forget Me")
    row = server.json("events", "--kind", "player_signed_up", "--newest")["events"][0]
    assert "Forget Me" in server.ask("state", "players").out
    ended = server.ask("forget", row["by"], "--yes")
    assert (ended.code, f"what {row['by']} was called" in ended.err) == (0, True)
    assert "Forget Me" not in server.ask("state", "players").out
    assert server.ask("forget", "nobody", "--yes").code == EXIT_TROUBLE
