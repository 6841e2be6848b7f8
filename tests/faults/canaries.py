"""F26: secrets that are known, and where they are after everything has been done with them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from clouds_edges.client.credentials import Credentials
from clouds_edges.protocol.access import ACCESS_FILE
from clouds_edges.protocol.frames import format_frame
from clouds_edges.protocol.messages import PROTOCOL_VERSION, Hello
from tests.cli.programs import PATIENCE, run, serving
from tests.end_to_end import people
from tests.end_to_end.terminal import Terminal

TOKENS: Final = Path("DATA") / "clouds-edges" / "tokens.json"
BROKEN: Final = (
    "-c",
    """
from clouds_edges.client import connection

def parse(frame):
    raise LookupError("a bug")

connection.parse_server_frame = parse
from clouds_edges.__main__ import main
main()
""",
)
"""The program with a bug where the greeting, with the token in it, is at hand."""
SHOWING_VARIABLES: Final = (
    "-c",
    "from clouds_edges.client.guarded_app import GuardedApp\ndel GuardedApp._handle_exception\n"
    + BROKEN[1],
)
"""The same, showing a trace as Textual does."""


@dataclass(frozen=True)
class Run:
    """What was done: the secrets by what they are, and what is in each file and was said where."""

    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    places: dict[str, bytes] = field(default_factory=dict)

    @property
    def found(self) -> dict[str, set[str]]:
        """Where each secret is."""
        return {
            name: {place for place, text in self.places.items() if secret.encode() in text}
            for name, secret in self.secrets.items()
        }

    def look_into_files(self) -> None:
        """Take every file as a place."""
        for path in self.folder.rglob("*"):
            if path.is_file():
                self.places[str(path.relative_to(self.folder))] = path.read_bytes()


def everything_done(folder: Path) -> Run:
    """Serve, play, ask, operate, be refused and crash; then everything has ended."""
    done = Run(folder)
    home, data = folder / "server", folder / "server" / "data"
    with serving(home, "--host", "127.0.0.1", "--port", "0", "--data", str(data)) as (server, said):
        done.places["announcement"] = said.encode()
        access = json.loads((data / ACCESS_FILE).read_text())
        done.secrets["operator's token"] = access["token"]
        _play(done, access["url"])
        _be_refused(done, access["url"])
        _operate(done, data)
        with urlopen(access["url"].replace("ws", "http", 1) + "/metrics") as metrics:  # noqa: S310 - our own
            done.places["metrics"] = metrics.read()
        done.places["arguments"] = b"\n".join(_arguments())
        done.look_into_files()
        server.terminate()
        assert server.stderr is not None
        done.places["server's log"] = server.stderr.read().encode()
    done.look_into_files()
    return done


def crashed(folder: Path, url: str, program: tuple[str, ...]) -> tuple[str, bytes]:
    """The token of a client that meets a bug, and what it has shown and logged."""
    token = Credentials(folder / TOKENS).token_for(url, "Cyd")
    with Terminal(
        "play", "--server", url, "--name", "Cyd", home=folder, size=(200, 50), program=program
    ) as client:
        client.wait_for_end()
        return token, client.said


def _play(done: Run, url: str) -> None:
    """Sign up, let another device in, and list the devices."""
    ann = done.folder / "Ann"
    done.secrets["Ann's token"] = Credentials(ann / TOKENS).token_for(url, "Ann")
    with people.guest(url, "Ann", done.folder) as client:
        listed = run(ann, "devices", url)
        coded = run(ann, "devices", url, "--code")
        code = coded.out.strip()
        done.secrets["Ann's code"] = code
        phone = done.folder / "phone"
        done.secrets["token of Ann's phone"] = Credentials(phone / TOKENS).token_for(url, "Ann")
        with Terminal(
            "play", "--server", url, "--name", "Ann", "--code", code, home=phone
        ) as second:
            second.wait_for("Hello, Ann")
            done.places["arguments while playing"] = b"\n".join(_arguments(without=code))
            second.press("q")
            assert second.wait_for_end() == 0
            done.places["phone"] = second.said
        client.press("q")
        assert client.wait_for_end() == 0
        done.places["Ann"] = client.said
    done.places["devices"] = (listed.out + listed.err).encode()
    token, done.places["crash"] = crashed(done.folder / "Cyd", url, BROKEN)
    done.secrets["Cyd's token"] = token


def _be_refused(done: Run, url: str) -> None:
    """Greet in every way that is wrong, each with a token in it."""
    token = done.secrets["stranger's token"] = "ce1_" + "canary" * 7 + "x"
    right = Hello(protocol=PROTOCOL_VERSION, token=token)
    greetings: Iterable[str | bytes] = (
        format_frame(right),
        format_frame(right.model_copy(update={"protocol": 1})),
        format_frame(right.model_copy(update={"token": token + "!"})),
        format_frame(right.model_copy(update={"name": token})),
        format_frame(right.model_copy(update={"code": "k3v9m2x7"})),
        format_frame(right.model_copy(update={"role": "admin"})),
        json.dumps({**right.model_dump(), "more": token}),
        json.dumps({**right.model_dump(), "protocol": token}),
        json.dumps({**right.model_dump(), "token": [token]}),
        format_frame(right)[:-3],
        format_frame(right).encode(),
    )
    for greeting in greetings:
        with connect(url, compression=None, proxy=None) as socket:
            socket.send(greeting)
            with suppress(ConnectionClosed):
                answer = socket.recv(timeout=PATIENCE)
                done.places[f"answer to {greeting!r}"] = str(answer).encode()
            done.places[f"end after {greeting!r}"] = str(socket.close_reason).encode()


def _operate(done: Run, data: Path) -> None:
    """Look at everything, and export it."""
    home = done.folder / "operator"
    commands = (
        ("events", "--limit", "500", "--json"),
        ("inspect", "tokens.db", "tokens"),
        ("inspect", "tokens.db", "tokens", "--json"),
        ("inspect", "events.db", "commands"),
        ("system", "--json"),
        ("players", "--json"),
        ("processes", "list"),
        ("verify",),
        ("export", "-o", str(done.folder / "log.jsonl")),
    )
    for command in commands:
        ended = run(home, "admin", *command, "--data", str(data))
        assert ended.code == 0, ended
        done.places[" ".join(command[:2])] = (ended.out + ended.err).encode()


def _arguments(without: str | None = None) -> Iterator[bytes]:
    """How every program that runs was called, except those that were given this secret."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes()
        except OSError:  # it has ended
            continue
        if without is None or without.encode() not in arguments:
            yield arguments
