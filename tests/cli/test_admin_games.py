"""The games of a server and who has won them, as operators list them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clouds_edges.cli.trouble import EXIT_TROUBLE
from clouds_edges.domain.actors import BotLevel
from clouds_edges.domain.game.commands import Resign
from clouds_edges.domain.ids import game_stream
from clouds_edges.domain.lobby.commands import OpenGame
from clouds_edges.rules import Board
from tests.cli.programs import serving
from tests.cli.servers import Server, server_core


@pytest.fixture
async def games(tmp_path: Path) -> list[str]:
    """A game that Bob has lost to Ann, and one that goes on."""
    async with server_core(tmp_path) as house:
        ann, bob = await house.sign_up("Ann"), await house.sign_up("Bob")
        finished = await house.start(ann, bob)
        await house.give(game_stream(finished), Resign(), bob)
        bots = (BotLevel.GREEDY,)
        live = await house.open(OpenGame(Board(3, 3), bots=bots), ann)
        await house.until_game(live, lambda _: True)
        return [finished, live]


@pytest.fixture
def server(games: list[str], tmp_path: Path) -> Iterator[Server]:
    """A server on the log of these games."""
    assert games
    with serving(tmp_path, "--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path)):
        yield Server(tmp_path, tmp_path)


def _listed(server: Server, *options: str) -> list[str]:
    return [one["game"] for one in server.json("games", *options)["games"]]


def test_games_are_listed_and_found(server: Server, games: list[str]) -> None:
    finished, live = games
    server.sign_up("Cyd", OpenGame(Board(5, 4), private=True))
    (open_one,) = _listed(server, "--state", "open")
    ended = server.ask("games")
    head, *rows = ended.out.splitlines()
    words = ["game", "state", "size", "opened", "(UTC)", "ended", "(UTC)", "ending", "players"]
    assert head.split() == words
    assert re.match(rf"{open_one}  open, private  5x4 .* -  +-  +Cyd, 1 free$", rows[0])
    assert re.match(rf"{live}  live +3x3 .* -  +-  +Ann, Greedy bot$", rows[1])
    assert re.match(rf"{finished}  finished +2x2 .* resigned  Ann won 0, Bob lost 0$", rows[2])

    assert _listed(server, "--state", "live") == [live]
    assert _listed(server, "--size", "3 x 3") == [live]
    assert _listed(server, "--player", "id-of-Ann") == [live, finished]
    assert _listed(server, "--player", "id-of-Ann", "--opponent", "bot-greedy") == [live]
    assert _listed(server, "--player", "id-of-Bob", "--result", "lost") == [finished]

    ended = server.ask("games", "--limit", "2")
    page = re.fullmatch("there are more: --page (.*)\n", ended.err)
    assert page is not None
    assert _listed(server, "--page", page[1]) == [finished]

    ended = server.ask("games", "--player", "Ann", "--json")
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    assert re.search(r"no player with the id 'Ann'.*bots are bot-random, ", ended.err)


def test_the_best_are_listed(server: Server) -> None:
    ended = server.ask("standings")
    head, ann, bob = ended.out.splitlines()
    assert head.split()[:4] == ["player", "name", "since", "(UTC)"]
    assert re.match(r"id-of-Ann  Ann .*  1 +1 +0 +0 +0$", ann)
    assert re.match(r"id-of-Bob  Bob .*  1 +0 +0 +1 +0$", bob)
    (best,) = server.json("standings", "--limit", "1")["players"]
    assert (best["name"], best["won"]) == ("Ann", 1)
