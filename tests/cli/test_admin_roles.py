"""Players who look after a server from elsewhere, at the command line."""

import json
from pathlib import Path

import pytest

from clouds_edges.cli.trouble import EXIT_TROUBLE
from clouds_edges.client.credentials import Credentials
from tests.cli.programs import Ended, environment, run
from tests.cli.servers import Server, sign_up

WRONG_USAGE = 2


class Elsewhere:
    """Another machine, on which somebody has played on the server."""

    def __init__(self, server: Server, home: Path, name: str) -> None:
        self._server = server
        self._home = home
        self.name = name
        data = Path(environment(home)["XDG_DATA_HOME"]) / "clouds-edges"
        credentials = Credentials(data / "tokens.json")
        token = credentials.token_for(server.url, name)
        sign_up(server.url, name, token=token)
        (row,) = server.json("players", name)["players"]
        self.id: str = row["player"]

    def admin(self, *arguments: str) -> Ended:
        return run(self._home, "admin", "--server", self._server.url, *arguments)


@pytest.fixture
def eve(server: Server, tmp_path: Path) -> Elsewhere:
    """Somebody without any role, of a new name each time."""
    return Elsewhere(server, tmp_path / "elsewhere", f"Eve {tmp_path.name[-12:]}"[:24])


def admins(server: Server) -> list[str]:
    found: list[str] = server.json("state", "players")["state"]["admins"]
    return found


def test_a_player_is_made_an_admin_and_looks_after_the_server_from_elsewhere(
    server: Server, eve: Elsewhere
) -> None:
    granted = server.ask("grant", eve.id)
    assert (granted.code, granted.err) == (0, f"{eve.name} is an admin of this server\n")
    assert eve.id in admins(server)
    ended = eve.admin("system", "--json")
    assert ended.code == 0, ended
    assert json.loads(ended.out)["operators"] == 1
    assert eve.admin("processes", "list").code == 0
    ended = eve.admin("freeze", "backup")
    assert (ended.code, ended.err) == (0, "the server is frozen: backup\n")
    assert eve.admin("unfreeze").code == 0
    events = server.json("events", "--kind", "server_frozen", "--newest")["events"]
    assert events[0]["by"] == eve.id


def test_the_role_is_taken_back(server: Server, eve: Elsewhere) -> None:
    server.ask("grant", eve.id)
    withdrawn = server.ask("withdraw", eve.id)
    assert (withdrawn.code, withdrawn.err) == (0, f"{eve.name} is no admin of this server\n")
    assert eve.id not in admins(server)
    assert eve.admin("system").code == EXIT_TROUBLE


def test_a_player_without_the_role_is_told_whom_to_ask(server: Server, eve: Elsewhere) -> None:
    assert eve.id not in admins(server)
    ended = eve.admin("system")
    assert (ended.code, ended.out) == (EXIT_TROUBLE, "")
    assert ended.err == (
        f"clouds-edges: {eve.name} is no admin of this server: "
        "an admin can give the role with clouds-edges admin grant\n"
    )


def test_who_has_never_played_there_is_told_to(server: Server, tmp_path: Path) -> None:
    ended = run(tmp_path, "admin", "--server", server.url, "system")
    assert ended.code == EXIT_TROUBLE
    assert f"nobody has played on {server.url} from here: sign up with" in ended.err
    assert not list(tmp_path.rglob("tokens.json"))  # asking makes no token


@pytest.mark.parametrize("address", ["ws://127.0.0.1:1", "http://somewhere", "a b"])
def test_a_server_that_is_not_there_is_a_sentence(address: str, tmp_path: Path) -> None:
    ended = run(tmp_path, "admin", "--server", address, "system")
    assert ended.code == EXIT_TROUBLE
    assert "no server answers at" in ended.err or "is no address of a server" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [("system", "--data", "."), ("processes", "list", "--data", "."), ("events", "--data", ".")],
)
def test_one_server_at_a_time(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ended = run(tmp_path, "admin", "--server", "ws://127.0.0.1:1", *arguments)
    assert ended.code == WRONG_USAGE
    assert "not both" in ended.err


@pytest.mark.parametrize("command", ["export", "import", "verify"])
def test_what_works_on_files_needs_no_server(command: str, tmp_path: Path) -> None:
    ended = run(tmp_path, "admin", "--server", "ws://127.0.0.1:1", command)
    assert ended.code == WRONG_USAGE
    assert f"{command} works on files" in ended.err


def test_nobody_unknown_is_made_an_admin(server: Server) -> None:
    ended = server.ask("grant", "nobody")
    assert (ended.code, ended.err) == (EXIT_TROUBLE, "clouds-edges: there is no player nobody\n")
