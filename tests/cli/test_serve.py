"""What a server says when it is started, and when it has stopped."""

import asyncio
import re
import shlex
import signal
from collections.abc import Callable
from contextlib import aclosing, nullcontext
from pathlib import Path

import pytest

from clouds_edges.cli.destination import invited_to, server_at
from clouds_edges.cli.serve import announcement, announcing, farewell
from clouds_edges.client.discovery import LocalNetwork
from clouds_edges.client.heard import HeardServer
from clouds_edges.client.known_keys import KnownKeys
from clouds_edges.protocol.invites import parse_invite
from clouds_edges.server.certificate import OWN, Identity, given_identity, own_identity
from clouds_edges.server.serve import RunningServer, running_server
from tests.cli.programs import PATIENCE, PROGRAM, Ended, run, serving
from tests.cli.servers import Server
from tests.server.multicast import network_with_multicast

HERE = ("--host", "127.0.0.1", "--port", "0")
PORT = re.compile(r"serving on port (\d+)")
JOIN = re.compile(
    r"^play (?:on this machine|from this network): {2}clouds-edges play (.+)$", re.MULTILINE
)

_TIME_IN_WHICH_THE_OTHER_WAS_HEARD = 2.0
"""Seconds for a server that would answer at once."""


async def said_by(host: str, folder: Path, identity: Identity | None = None) -> str:
    """What a server says, of which is known that one can join it where it says."""
    known = KnownKeys(folder / "servers.json")
    async with running_server(host, 0, folder, identity=identity) as server:
        said = announcement(server, folder)
        match JOIN.findall(said)[0].split(" "):
            case [invite]:
                there = await invited_to(invite, known)
            case ["--server", url, *options]:
                insists = options == ["--insecure"]
                there = await server_at(url, known, asked_in_vain, is_insecure=insists)
            case other:
                raise AssertionError(other)
    assert there.key == server.key
    return said


def asked_in_vain(question: str) -> bool:
    raise AssertionError(question)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", r"ws://127\.0\.0\.1:\d+"),
        ("::1", r"ws://\[::1\]:\d+"),
        ("localhost", r"ws://localhost:\d+"),
    ],
)
async def test_a_server_for_this_machine_says_that_others_cannot_join(
    tmp_path: Path, host: str, url: str
) -> None:
    said = await said_by(host, tmp_path)
    line = rf"^play on this machine:  clouds-edges play --server {url}$"
    assert re.search(line, said, re.MULTILINE)
    assert "network" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])  # noqa: S104 - what is asked for
async def test_a_server_for_the_network_shows_an_invite(
    tmp_path: Path, host: str, network_address: str
) -> None:
    identity = own_identity(tmp_path)
    said = await said_by(host, tmp_path, identity)
    assert re.search(
        rf"^play from this network:  clouds-edges play "
        rf"edges://{re.escape(network_address)}:\d+/{identity.key}$",
        said,
        re.MULTILINE,
    )
    assert "encrypted" not in said


async def test_a_server_that_encrypts_nothing_says_what_that_means(
    tmp_path: Path, network_address: str
) -> None:
    said = await said_by("0.0.0.0", tmp_path)  # noqa: S104 - what is asked for
    assert f"clouds-edges play --server ws://{network_address}:" in said
    assert "nothing is encrypted: whoever is on the network can read it" in said


async def test_a_server_on_one_address_of_the_network_says_that_one(tmp_path: Path) -> None:
    identity = own_identity(tmp_path)
    async with running_server("127.0.0.1", 0, tmp_path) as at_work:
        for host, shown in (("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "[2001:db8::7]")):
            server = RunningServer(host, 7853, identity, frozen=None, store=at_work.store)
            assert (
                f"play from this network:  clouds-edges play edges://{shown}/{identity.key}\n"
                in announcement(server, tmp_path)
            )


async def test_a_certificate_that_was_given_is_not_named_in_the_invite(tmp_path: Path) -> None:
    own_identity(tmp_path)
    given = given_identity(tmp_path / OWN, tmp_path / OWN)
    async with running_server("127.0.0.1", 0, tmp_path) as at_work:
        server = RunningServer("192.0.2.7", 7853, given, frozen=None, store=at_work.store)
        assert "clouds-edges play edges://192.0.2.7\n" in announcement(server, tmp_path)


def test_a_server_for_the_network_has_the_same_key_after_a_restart(tmp_path: Path) -> None:
    invites = set()
    for _ in range(2):
        with serving(tmp_path, "--port", "0") as (_, said):
            (invite,) = JOIN.findall(said)
            invites.add(parse_invite(invite).key)
    assert len(invites) == 1
    assert None not in invites


@pytest.mark.parametrize(
    "options",
    [
        ["--tls-cert", "here.pem"],
        ["--tls-key", "here.pem"],
        ["--tls-cert", "here.pem", "--tls-key", "here.pem", "--insecure"],
    ],
)
def test_options_that_contradict_each_other_are_told(tmp_path: Path, options: list[str]) -> None:
    ended = run(tmp_path, "serve", *options)
    assert ended.code == 2
    assert "--tls-cert and --tls-key go together, and without --insecure" in ended.err


def test_a_certificate_that_is_not_there_is_told(tmp_path: Path) -> None:
    ended = run(tmp_path, "serve", "--tls-cert", "no.pem", "--tls-key", "no.pem")
    assert ended.code == 1
    assert "no.pem cannot be used to encrypt: No such file or directory" in ended.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_says_how_to_join_and_stops_when_asked_to(
    tmp_path: Path, number: signal.Signals
) -> None:
    with serving(tmp_path, *HERE) as (process, said):
        port = re.search(r"serving on port (\d+), data in (.*)", said)
        assert port is not None
        assert f"clouds-edges play --server ws://127.0.0.1:{port[1]}\n" in said
        assert Path(port[2]).is_relative_to(tmp_path)
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert err == "stopping\nstopped; every game goes on when the server is started again\n"


def test_a_frozen_server_says_so_with_what_ends_it(tmp_path: Path) -> None:
    data = tmp_path / "my data"
    server = Server(tmp_path, data)
    with serving(tmp_path, *HERE, "--data", str(data)) as (_, said):
        assert "frozen since" not in said
        assert server.ask("freeze", "moving house").code == 0
    with serving(tmp_path, *HERE, "--data", str(data)) as (_, said):
        frozen = re.search(
            r"^frozen since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: moving house; (.*) ends it$",
            said,
            re.MULTILINE,
        )
        assert frozen is not None, said
        assert typed(tmp_path, frozen[1]).code == 0
    with serving(tmp_path, *HERE, "--data", str(data)) as (_, said):
        assert "frozen since" not in said


async def announced_by(port: str) -> HeardServer:
    """A server on a port of this machine, as others on the network hear of it."""
    async with asyncio.timeout(PATIENCE), aclosing(LocalNetwork().heard()) as calls:
        async for servers in calls:
            for server in servers:
                if str(server.port) == port:
                    return server
    raise AssertionError


async def test_the_network_hears_of_a_server_unless_that_is_not_wanted(tmp_path: Path) -> None:
    network_with_multicast()
    options = ("--port", "0", "--data", str(tmp_path / "data"))
    with serving(tmp_path, *options, "--no-announce") as (quiet, quietly):
        quiet_port = PORT.findall(quietly)[0]
        with serving(tmp_path, "--port", "0", "--data", str(tmp_path / "other")) as (_, said):
            (invite,) = JOIN.findall(said)
            server = await announced_by(PORT.findall(said)[0])
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(_TIME_IN_WHICH_THE_OTHER_WAS_HEARD):
                    await announced_by(quiet_port)
        quiet.send_signal(signal.SIGTERM)
        _, err = quiet.communicate(timeout=PATIENCE)
    assert server.announcement.key == parse_invite(invite).key
    assert "lan" not in err


async def test_a_server_for_this_machine_is_not_announced(tmp_path: Path) -> None:
    async with running_server("127.0.0.1", 0, tmp_path) as server:
        assert isinstance(announcing(server), nullcontext)


def test_a_server_that_cannot_be_announced_says_what_to_install(tmp_path: Path) -> None:
    """What blocks the import is read by every Python at its start."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['zeroconf'] = None")
    with serving(tmp_path, "--port", "0", PYTHONPATH=str(tmp_path)) as (process, _):
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert err.startswith(
        "to be listed in the apps of others on this network:  pip install 'clouds-edges[lan]'\n"
    )


def typed(home: Path, command: str) -> Ended:
    """What comes of a command that the program told somebody to type."""
    program, *arguments = shlex.split(command)
    assert (program, PROGRAM[-1]) == ("clouds-edges", "clouds_edges")
    return run(home, *arguments)


def _move(log: Path) -> None:
    log.rename(log.with_name("elsewhere.db"))


def _delete(log: Path) -> None:
    for end in ("", "-wal", "-shm"):
        log.with_name(f"{log.name}{end}").unlink()


@pytest.mark.parametrize("harm", [_move, _delete])
def test_a_server_that_has_lost_its_log_says_what_to_do_before_it_is_started_again(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    data = tmp_path / "data"
    with serving(tmp_path, *HERE, "--data", str(data)) as (process, _):
        Server(tmp_path, data).sign_up("Ann")
        harm(data / "events.db")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE)
    rescued = data / "events.rescued.db"
    assert err.splitlines()[-1] == (
        "stopped; nothing was recorded any more: events.db or its -wal was deleted, moved or "
        "replaced: stop the server, put events.rescued.db in the place of events.db, with no -wal "
        "or -shm beside it, and start again"
    )

    refused = run(tmp_path, "serve", *HERE, "--data", str(data))
    assert (
        f"is missing or empty, but a server saved what was in it as {rescued.name}" in refused.err
    )
    for end in ("-wal", "-shm"):
        (data / f"events.db{end}").unlink(missing_ok=True)
    rescued.rename(data / "events.db")
    with serving(tmp_path, *HERE, "--data", str(data)):
        players = Server(tmp_path, data).json("players")["players"]
    assert [one["name"] for one in players] == ["Ann"]


async def test_what_became_of_the_log_is_known_after_the_end(tmp_path: Path) -> None:
    async with running_server("127.0.0.1", 0, tmp_path) as server:
        (tmp_path / "events.db").unlink()
    assert server.trouble is not None
    assert server.trouble in farewell(server)
    assert (tmp_path / "events.rescued.db").exists()
